/** What is sent when, and what is refused before it is sent. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Bench } from "./testing/bench.ts";

test("a record lingers, goes out, and its promise says where it is", async () => {
  const bench = new Bench({ lingerMs: 50 });
  bench.put("key", "value");
  await bench.run(49);
  expect(bench.stream.requests).toEqual([]);
  await bench.run(51);
  const [result] = bench.results;
  const [stored] = bench.stream.shards.flatMap(({ id, records }) => records.map((each) => ({ shardId: id, ...each })));
  expect(result).toEqual({ shardId: stored?.shardId, sequenceNumber: stored?.sequenceNumber, attempts: 1 });
  expect(bench.delivered()).toEqual(["value"]);
  expect(bench.clock.pending).toBe(0);
});

test("a full batch does not linger, and small lanes share a request", async () => {
  const bench = new Bench({ requestRecordsMax: 10, lingerMs: 50 }, { shards: 1 });
  for (let index = 0; index < 25; index += 1) bench.put(`k${index}`);
  await bench.run(40);
  expect(bench.stream.requests.map(({ entries }) => entries.length)).toEqual([10, 10]);
  await bench.run(100);
  expect(bench.stream.requests.map(({ entries }) => entries.length)).toEqual([10, 10, 5]);
  const wide = new Bench({}, { shards: 16 });
  for (let index = 0; index < 100; index += 1) wide.put(`k${index}`);
  await wide.run(200);
  expect(wide.stream.requests.map(({ entries }) => entries.length)).toEqual([100]);
});

test("requests stay within bytes and records, whatever the records are", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3_000), { minLength: 1, maxLength: 120 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      async (sizes, aggregation, requestRecordsMax) => {
        const settings = { requestBytesMax: 8_000, batchBytes: 4_000, recordBytesMax: 4_000, aggregateBytesMax: 2_000 };
        const bench = new Bench({ ...settings, requestRecordsMax, aggregation }, { shards: 5 });
        for (const [index, size] of sizes.entries()) bench.put(`k${index}`, "x".repeat(size));
        await bench.run(5_000);
        expect(bench.codes()).toEqual(sizes.map(() => "stored"));
        for (const { entries } of bench.stream.requests) {
          const bytes = entries.map(({ data, partitionKey }) => data.length + Buffer.byteLength(partitionKey));
          expect(entries.length).toBeLessThanOrEqual(requestRecordsMax);
          expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(8_000);
        }
        expect(bench.stream.inFlightMax).toBeLessThanOrEqual(8);
      },
    ),
    { numRuns: 40 },
  );
});

test("flush sends at once and resolves when all before it is settled", async () => {
  const bench = new Bench({ lingerMs: 10_000 });
  for (let index = 0; index < 10; index += 1) bench.put(`k${index}`);
  let flushed = false;
  void bench.producer.flush().then(() => (flushed = true));
  await bench.run(15);
  bench.put("later");
  expect(flushed).toBe(false);
  await bench.run(50);
  expect([flushed, bench.codes().filter((code) => code === "stored").length]).toEqual([true, 10]);
  expect(bench.delivered()).toHaveLength(10);
});

test("close sends what is left, refuses more, and gives up after its deadline", async () => {
  const bench = new Bench({ lingerMs: 10_000 });
  bench.put("a");
  let closed = false;
  void bench.producer.close().then(() => (closed = true));
  bench.put("too late");
  await bench.run(100);
  expect([closed, ...bench.codes()]).toEqual([true, "stored", "CLOSED"]);
  expect(bench.clock.pending).toBe(0);

  const stuck = new Bench();
  stuck.stream.troubles.requestLost = 1;
  stuck.put("a");
  void stuck.producer.close(1_000);
  await stuck.run(2_000);
  expect(stuck.codes()).toEqual(["CLOSED"]);
  expect(stuck.clock.pending).toBe(0);
});

test("aborting the producer fails everything at once; aborting a put fails that record alone", async () => {
  const abort = new AbortController();
  const bench = new Bench({}, { signal: abort.signal });
  const one = new AbortController();
  bench.put("a");
  bench.put("b", "b", { signal: one.signal });
  one.abort();
  await bench.run(0);
  expect(bench.codes()).toEqual([undefined, "ABORTED"]);
  await bench.run(200);
  expect(bench.delivered()).toEqual(["a"]);
  bench.put("c");
  abort.abort();
  bench.put("d");
  await bench.run(0);
  expect(bench.codes()).toEqual(["stored", "ABORTED", "ABORTED", "ABORTED"]);
  expect(bench.clock.pending).toBe(0);
});

test("the age of the oldest record is told, whether it waits or is on its way", async () => {
  const bench = new Bench({ lingerMs: 50 }, { shards: 1 });
  bench.put("old");
  await bench.run(30);
  bench.put("new");
  expect(bench.producer.oldestRecordAgeMs).toBe(30);
  bench.stream.latencyMs = 1_000;
  await bench.run(100);
  expect(bench.producer.load.requestsInFlight).toBe(1);
  expect(bench.producer.oldestRecordAgeMs).toBe(130);
  await bench.run(5_000);
  expect(bench.codes()).toEqual(["stored", "stored"]);
  expect(bench.producer.oldestRecordAgeMs).toBe(0);
});

test("the buffer has an end, and says when there is room again", async () => {
  const bench = new Bench({ bufferRecordsMax: 100 });
  for (let index = 0; index < 120; index += 1) bench.put(`k${index}`);
  let ready = false;
  void bench.producer.ready().then(() => (ready = true));
  await bench.run(1);
  expect(bench.codes().slice(100)).toEqual(Array.from({ length: 20 }, () => "BUFFER_FULL"));
  expect([ready, bench.producer.load.bufferedRecords]).toEqual([false, 100]);
  await bench.run(200);
  expect([ready, bench.producer.load]).toEqual([true, { bufferedRecords: 0, bufferedBytes: 0, requestsInFlight: 0 }]);
  expect(bench.producer.counts.storedRecords).toBe(100);
});

test.each([
  ["an empty key", { partitionKey: "", data: "x" }],
  ["a key of 257 characters", { partitionKey: "k".repeat(257), data: "x" }],
  ["a hash key that is none", { partitionKey: "k", explicitHashKey: "1e3", data: "x" }],
  ["a hash key of 2^128", { partitionKey: "k", explicitHashKey: String(1n << 128n), data: "x" }],
  ["a key that is no text", { partitionKey: 7 as unknown as string, data: "x" }],
  ["data that is neither bytes nor text", { partitionKey: "k", data: 7 as unknown as string }],
  ["too many bytes", { partitionKey: "k", data: new Uint8Array(1_048_576) }],
])("%s is refused before it is sent", async (_, record) => {
  const bench = new Bench();
  await expect(bench.producer.put(record)).rejects.toMatchObject({ code: "INVALID", attempts: 0 });
  await expect(bench.producer.put({ partitionKey: "k", data: "x" }, { ttlMs: NaN })).rejects.toThrow(
    "ttlMs must be above 0",
  );
});

test("settings out of bounds are refused", () => {
  expect(() => new Bench({ requestRecordsMax: 501 })).toThrow("requestRecordsMax must be a whole number from 1 to 500");
  expect(() => new Bench({ lingerMs: NaN })).toThrow("INVALID");
  expect(() => new Bench({ order: "some" as "none" })).toThrow("order must be");
});
