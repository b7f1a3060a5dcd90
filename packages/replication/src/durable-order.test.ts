import { expect, test } from "vitest";
import { DurableOrder } from "./durable-order.ts";

test("an answer waits for everything queued before it and for nothing after", () => {
  const order = new DurableOrder(0);
  const said: string[] = [];
  order.whenDurable(() => said.push("at once"));
  order.write(3);
  order.whenDurable(() => said.push("after the first"));
  order.write(5);
  order.whenDurable(() => said.push("after the second"));
  expect(said).toEqual(["at once"]);
  expect(order.advance(1)).toBe(true);
  expect([order.durableEnd, said.length]).toEqual([3, 2]);
  expect(order.advance(1)).toBe(false);
  order.advance(2);
  expect([order.durableEnd, said.at(-1)]).toEqual([5, "after the second"]);
});

test("writes queued before a cut never make more than the cut durable", () => {
  const order = new DurableOrder(2);
  order.write(9);
  order.cut(4);
  order.write(4);
  order.write(6);
  order.advance(1);
  expect(order.durableEnd).toBe(4);
  order.advance(3);
  expect(order.durableEnd).toBe(6);
});

test("a cut below what was durable takes it back", () => {
  const order = new DurableOrder(8);
  order.cut(3);
  expect(order.durableEnd).toBe(3);
});

test("a stalled disk makes only so many answers wait", () => {
  const order = new DurableOrder(0);
  order.write(1);
  while (order.hasRoom) order.whenDurable(() => undefined);
  order.advance(1);
  expect(order.hasRoom).toBe(true);
});

test("a long queue keeps its order", () => {
  const order = new DurableOrder(0);
  for (let index = 1; index <= 5000; index += 1) order.write(index);
  for (let index = 1; index < 5000; index += 7) {
    order.advance(index);
    expect(order.durableEnd).toBe(index);
  }
  order.advance(5000);
  expect(order.durableEnd).toBe(5000);
});
