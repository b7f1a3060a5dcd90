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

test("what is forgotten held nobody back any more", () => {
  const rate = new CallRate();
  rate.allows("a", 1500);
  expect(rate.allows("b", 2499)).toBe(true);
  expect(rate.allows("a", 2499)).toBe(false);
  expect(rate.allows("a", 2500)).toBe(true);
});
