import { expect, test } from "vitest";
import { BatchPacing } from "./batch-pacing.ts";

test("batches of a crowd of small appends begin apart, others at once", () => {
  const pacing = new BatchPacing();
  expect(pacing.delayMs(0, 100)).toBe(0);
  pacing.began(10, 1, 100);
  expect(pacing.delayMs(10, 100)).toBe(0);
  pacing.began(11, 8, 5_000);
  expect(pacing.delayMs(12, 100)).toBe(3);
  expect(pacing.delayMs(12, 100_000)).toBe(0);
  expect(pacing.delayMs(20, 100)).toBe(0);
  pacing.began(20, 8, 500_000);
  expect(pacing.delayMs(20, 100)).toBe(0);
});
