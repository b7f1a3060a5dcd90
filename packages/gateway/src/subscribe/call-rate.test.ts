import { expect, test } from "vitest";
import { CallRate } from "./call-rate.ts";

test("one call a second passes for each key, and refused calls do not count", () => {
  const rate = new CallRate();
  expect([0, 1, 999, 1000, 1001, 2000].map((nowMs) => rate.allows("a", nowMs))).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
  expect(rate.allows("b", 2001)).toBe(true);
});

test("a sweep lets nothing pass that was refused before", () => {
  const rate = new CallRate();
  rate.allows("a", 0);
  rate.sweep(999);
  expect(rate.allows("a", 999)).toBe(false);
  rate.sweep(1000);
  expect(rate.allows("a", 1000)).toBe(true);
});
