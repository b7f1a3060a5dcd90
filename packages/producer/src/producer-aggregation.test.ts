import { expect, test } from "vitest";
import { Bench } from "./testing/bench.ts";

test("aggregates hold many records, and each one's place is told", async () => {
  const bench = new Bench({ aggregation: true }, { shards: 1 });
  for (let index = 0; index < 300; index += 1) bench.put(`k${index}`, "x".repeat(50));
  await bench.run(300);
  const [shard] = bench.stream.shards;
  expect(shard?.records).toHaveLength(1);
  const { sequenceNumber } = shard?.records[0] ?? {};
  expect(bench.results).toEqual(
    bench.results.map((_, subSequenceNumber) => ({
      shardId: shard?.id,
      sequenceNumber,
      subSequenceNumber,
      attempts: 1,
    })),
  );
  expect(bench.stream.delivered().map(({ partitionKey }) => partitionKey)).toEqual(
    bench.results.map((_, index) => `k${index}`),
  );
  bench.put("alone");
  await bench.run(300);
  // A single record is no aggregate.
  expect(shard?.records[1]?.entry.data.toString()).toBe("alone");
});

test("what is compressed comes back as it was, in fewer bytes", async () => {
  const bench = new Bench({ aggregation: true, compression: true }, { shards: 1 });
  for (let index = 0; index < 100; index += 1) bench.put(`k${index}`, "the same line of a log file\n");
  await bench.run(300);
  expect(bench.delivered()).toEqual(Array.from({ length: 100 }, () => "the same line of a log file\n"));
  expect(bench.stream.shards[0]?.records[0]?.entry.data.length).toBeLessThan(1_000);
});
