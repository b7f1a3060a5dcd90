import { expect, test } from "vitest";
import { ShardRate, shardCost } from "./shard-rate.ts";

test("a record costs its share of a shard's second, by count or by bytes", () => {
  expect([shardCost(1), shardCost(1_048_576), shardCost(524_288)]).toEqual([0.001, 1, 0.5]);
});

test("without a throttle there is no limit", () => {
  const rate = new ShardRate();
  rate.sent(1_000, 0);
  expect([rate.rate, rate.readyAtMs(0), rate.budget(0)]).toEqual([Infinity, 0, Infinity]);
});

test("throttles in one round count once, and later ones go on from there", () => {
  const rate = new ShardRate();
  rate.throttled(1_000);
  rate.throttled(1_010);
  const first = rate.rate;
  expect(first).toBeCloseTo(0.8, 1);
  // Again at once: it is far too high.
  rate.throttled(1_300);
  expect(rate.rate).toBeCloseTo(first / 2, 1);
  const second = rate.rate;
  rate.throttled(4_000);
  expect(rate.rate).toBeGreaterThan(second * 0.8);
  for (let ms = 2_000; ms < 60_000; ms += 300) rate.throttled(ms);
  expect(rate.rate).toBeGreaterThanOrEqual(0.02);
});

test("what was sent beyond the budget is paid off before more is sent", () => {
  const rate = new ShardRate();
  rate.throttled(0);
  rate.sent(0.8, 0);
  const readyAtMs = rate.readyAtMs(0);
  expect(readyAtMs).toBeGreaterThan(900);
  // And then there is enough for a batch.
  expect(rate.budget(readyAtMs)).toBeGreaterThan(0.05);
});

test("without throttles the rate grows, and in the end is no limit any more", () => {
  const rate = new ShardRate();
  rate.throttled(0);
  const before = rate.rate;
  for (let ms = 0; ms < 5_000; ms += 100) rate.budget(ms);
  expect(rate.rate).toBeGreaterThan(before);
  for (let ms = 5_000; ms < 60_000; ms += 100) rate.budget(ms);
  expect(rate.rate).toBe(Infinity);
});
