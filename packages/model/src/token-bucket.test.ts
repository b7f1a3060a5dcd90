import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

const perShard = { capacity: 1000, refillPerSecond: 1000 };

test("a full bucket serves its capacity and then its pace", () => {
  const bucket = new TokenBucket(perShard, 0);
  expect(bucket.tryTake(1000, 0)).toBe(true);
  expect(bucket.tryTake(1, 0)).toBe(false);
  expect(bucket.tryTake(500, 500)).toBe(true);
  expect(bucket.tryTake(1, 500)).toBe(false);
});

test("a partial take gives what is there", () => {
  const bucket = new TokenBucket(perShard, 0);
  expect(bucket.takeUpTo(600, 0)).toBe(600);
  expect(bucket.takeUpTo(600, 0)).toBe(400);
  expect(bucket.takeUpTo(600, 0)).toBe(0);
  expect(bucket.takeUpTo(600, 100)).toBe(100);
});

test("more than the capacity passes from a full bucket and is paid off before anything else", () => {
  const bucket = new TokenBucket(perShard, 0);
  expect(bucket.tryTake(3000, 0)).toBe(true);
  expect(bucket.available(1000)).toBe(-1000);
  expect(bucket.takeUpTo(1, 2000)).toBe(0);
  expect(bucket.tryTake(1, 2001)).toBe(true);
  expect(bucket.tryTake(3000, 2500)).toBe(false);
});

test("a clock that goes back gives nothing and takes nothing", () => {
  const bucket = new TokenBucket(perShard, 10_000);
  expect(bucket.takeUpTo(1000, 10_000)).toBe(1000);
  expect(bucket.available(0)).toBe(0);
  expect(bucket.available(100)).toBe(100);
});

test("over any time no more passes than capacity, pace and one oversized request allow", () => {
  const call = fc.record({ count: fc.integer({ min: 1, max: 2500 }), afterMs: fc.integer({ min: 0, max: 3000 }) });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
      const bucket = new TokenBucket(perShard, 0);
      let nowMs = 0;
      let passed = 0;
      for (const { count, afterMs } of calls) {
        nowMs += afterMs;
        if (bucket.tryTake(count, nowMs)) passed += count;
        expect(passed).toBeLessThanOrEqual(perShard.capacity + nowMs + 1500);
      }
    }),
  );
});
