import { expect, test } from "vitest";
import { ShardRates } from "./shard-rates.ts";

test("rates are the average of the last ten seconds and fade", () => {
  const rates = new ShardRates();
  for (let second = 0; second < 10; second += 1) rates.add(1, 10, 1000, second * 1000);
  expect(rates.of(1, 9500)).toEqual({ bytesPerSecond: 1000, recordsPerSecond: 10 });
  expect(rates.of(1, 14_500)).toEqual({ bytesPerSecond: 500, recordsPerSecond: 5 });
  expect(rates.of(1, 60_000)).toEqual({ bytesPerSecond: 0, recordsPerSecond: 0 });
  expect(rates.of(2, 0)).toEqual({ bytesPerSecond: 0, recordsPerSecond: 0 });
});
