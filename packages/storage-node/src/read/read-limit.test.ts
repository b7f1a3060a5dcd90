import { expect, test } from "vitest";
import { ReadLimit } from "./read-limit.ts";

const MiB = 1024 * 1024;

test("five calls a second", () => {
  const limit = new ReadLimit(0);
  const admitted = Array.from({ length: 10 }, () => limit.tryCall(0)).filter(Boolean);
  expect(admitted).toHaveLength(5);
  expect(limit.tryCall(200)).toBe(true);
  expect(limit.tryCall(200)).toBe(false);
});

test("a read of 10 MiB blocks the next five seconds, one of 2 MiB none", () => {
  const limit = new ReadLimit(0);
  expect(limit.tryCall(0)).toBe(true);
  limit.took(10 * MiB, 0);
  expect(limit.tryCall(4999)).toBe(false);
  expect(limit.tryCall(5000)).toBe(true);
  limit.took(2 * MiB, 10_000);
  expect(limit.tryCall(11_000)).toBe(true);
});
