/** What becomes of a record when the service fails, refuses or throttles. */
import { expect, test } from "vitest";
import type { ProducerError } from "./producer-error.ts";
import { Bench } from "./testing/bench.ts";
import { TransportError } from "./transport/put-transport.ts";

test("a record that is not stored in its time is given up, with the last failure in the message", async () => {
  const bench = new Bench({ ttlMs: 5_000 });
  bench.stream.troubles.requestLost = 1;
  bench.put("a");
  bench.put("b", "b", { ttlMs: 1_000 });
  await bench.run(1_100);
  expect(bench.codes()).toEqual([undefined, "EXPIRED"]);
  await bench.run(5_000);
  expect(bench.codes()).toEqual(["EXPIRED", "EXPIRED"]);
  expect((bench.results[0] as ProducerError).message).toContain("ECONNRESET: lost");
  expect(bench.clock.pending).toBe(0);
});

test("after its time a record is not sent any more, though others of its batch are", async () => {
  const bench = new Bench({ lingerMs: 1 }, { shards: 1 });
  bench.put("warm-up");
  await bench.run(100);
  bench.stream.troubles.shardFails = 1;
  bench.put("a");
  bench.put("b", "b", { ttlMs: 100 });
  await bench.run(400);
  bench.stream.troubles.shardFails = 0;
  await bench.run(5_000);
  expect(bench.codes()).toEqual(["stored", "stored", "EXPIRED"]);
  expect(bench.delivered()).toEqual(["warm-up", "a"]);
});

test("a refusal fails at once, and its cause is the service's answer", async () => {
  const bench = new Bench();
  bench.stream.refusal = new TransportError("refused", "ResourceNotFoundException", "no such stream");
  bench.put("a");
  await bench.run(200);
  expect(bench.codes()).toEqual(["REFUSED"]);
  expect((bench.results[0] as ProducerError).cause).toBe(bench.stream.refusal);
  // It comes to be later: nothing has to be made anew.
  bench.stream.refusal = undefined;
  bench.put("b");
  await bench.run(2_000);
  expect(bench.codes()).toEqual(["REFUSED", "stored"]);
});

test("one bad record does not take its batch with it", async () => {
  const bench = new Bench({ lingerMs: 1 }, { shards: 1 });
  const putRecords = bench.stream.putRecords.bind(bench.stream);
  bench.stream.putRecords = async (entries, tried) => {
    if (entries.some(({ partitionKey }) => partitionKey === "bad")) {
      throw new TransportError("refused", "InvalidArgumentException", "bad record");
    }
    return putRecords(entries, tried);
  };
  for (const key of ["a", "b", "bad", "c", "d"]) bench.put(key);
  await bench.run(1_000);
  expect(bench.codes()).toEqual(["stored", "stored", "REFUSED", "stored", "stored"]);
});

test("a lost answer is asked for again as the same request, so nothing is stored twice", async () => {
  const bench = new Bench({ lingerMs: 1 }, { shards: 1, seed: 7 });
  bench.stream.troubles.answerLost = 0.5;
  for (let index = 0; index < 200; index += 1) {
    bench.put(`k${index}`);
    await bench.run(3);
  }
  await bench.run(20_000);
  expect(new Set(bench.codes())).toEqual(new Set(["stored"]));
  expect(bench.delivered().toSorted()).toEqual(bench.results.map((_, index) => `k${index}`).toSorted());
});

test("a throttle and a failure are told apart, and what a later record of its batch overtook is counted", async () => {
  const bench = new Bench({ lingerMs: 1, order: "shard" }, { shards: 1 });
  const putRecords = bench.stream.putRecords.bind(bench.stream);
  const answers = [
    [{ errorCode: "ProvisionedThroughputExceededException", errorMessage: "slow" }, "b", "c"],
    [{ errorCode: "InternalFailure", errorMessage: "broken" }],
  ];
  bench.stream.putRecords = async (entries, tried) => {
    const answer = answers.shift();
    if (answer === undefined) return putRecords(entries, tried);
    return answer.map((each) =>
      typeof each === "string" ? { shardId: "shardId-000000000000", sequenceNumber: each } : each,
    );
  };
  for (const key of ["a", "b", "c"]) bench.put(key);
  await bench.run(2_000);
  expect(bench.results).toMatchObject([{ attempts: 3 }, { sequenceNumber: "b", attempts: 1 }, { attempts: 1 }]);
  expect(bench.producer.counts).toMatchObject({ retries: { throttled: 1, failed: 1 }, overtaken: 1 });
});

test("throttling slows the shard down to what it takes, and the rate comes back", async () => {
  const bench = new Bench({ lingerMs: 10 }, { shards: 1 });
  bench.stream.recordsPerSecond = 500;
  for (let second = 0; second < 20; second += 1) {
    for (let tick = 0; tick < 100; tick += 1) {
      for (let each = 0; each < 5; each += 1) bench.put(`${second}-${tick}-${each}`);
      await bench.run(10);
    }
  }
  await bench.run(30_000);
  const stored = bench.codes().filter((code) => code === "stored").length;
  expect(stored).toBe(10_000);
  // Sent again at most once for every four stored, though it is asked for all that the shard takes.
  expect(bench.stream.throttled).toBeLessThan(2_500);
  expect(bench.delivered()).toHaveLength(10_000);
});
