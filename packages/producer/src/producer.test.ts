import { ManualClock, seededRandom } from "@millrace/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PutResult } from "./core/pending-record.ts";
import type { ProducerSettings } from "./core/producer-settings.ts";
import { ProducerError } from "./producer-error.ts";
import { Producer } from "./producer.ts";
import { FakeStream } from "./testing/fake-stream.ts";
import { TransportError } from "./transport/put-transport.ts";

/** A producer on a stream of its own, with time in the test's hands. */
class Bench {
  readonly clock: ManualClock = new ManualClock();
  readonly stream: FakeStream;
  readonly producer: Producer;
  readonly results: (PutResult | ProducerError | undefined)[] = [];

  constructor(
    settings: Partial<ProducerSettings> = {},
    options: { shards?: number; seed?: number; signal?: AbortSignal } = {},
  ) {
    const random = seededRandom(options.seed ?? 1);
    this.stream = new FakeStream(this.clock, random, options.shards ?? 2);
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    this.producer = new Producer({ transport: this.stream, clock: this.clock, random, ...signal, ...settings });
  }

  /** Puts a record; its outcome appears in {@link results} at the answered position. */
  put(partitionKey: string, data = partitionKey, options: { ttlMs?: number; signal?: AbortSignal } = {}): number {
    const index = this.results.push(undefined) - 1;
    this.producer.put({ partitionKey, data }, options).then(
      (result) => (this.results[index] = result),
      (error: unknown) => (this.results[index] = error as ProducerError),
    );
    return index;
  }

  async run(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  codes(): (string | undefined)[] {
    return this.results.map((result) => (result instanceof ProducerError ? result.code : result && "stored"));
  }

  delivered(): string[] {
    return this.stream.delivered().map(({ data }) => Buffer.from(data).toString());
  }
}

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
  bench.stream.putRecords = async (entries, invocationId) => {
    if (entries.some(({ partitionKey }) => partitionKey === "bad")) {
      throw new TransportError("refused", "InvalidArgumentException", "bad record");
    }
    return putRecords(entries, invocationId);
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
  bench.stream.putRecords = async (entries, invocationId) => {
    const answer = answers.shift();
    if (answer === undefined) return putRecords(entries, invocationId);
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

/** Random histories: puts at random times, reshards, lost requests and answers, failing and throttling shards. */
const history = fc.record({
  seed: fc.nat(),
  shards: fc.integer({ min: 1, max: 4 }),
  steps: fc.array(
    fc.oneof(
      { weight: 12, arbitrary: fc.record({ put: fc.integer({ min: 1, max: 15 }), afterMs: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ split: fc.nat(8), afterMs: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ merge: fc.nat(8), afterMs: fc.nat(30) }) },
    ),
    { minLength: 5, maxLength: 40 },
  ),
  troubles: fc.record({
    answerLost: fc.constantFrom(0, 0.1, 0.3),
    requestLost: fc.constantFrom(0, 0.1, 0.3),
    shardFails: fc.constantFrom(0, 0.1, 0.3),
  }),
  recordsPerSecond: fc.constantFrom(Infinity, 200),
  aggregation: fc.boolean(),
  keys: fc.constantFrom(1, 5, 1_000),
});

const orders = ["none", "key", "shard"] as const;
test.each(orders)(
  "order %s: whatever happens, every record is delivered once, and promises tell the truth",
  async (order) => {
    await fc.assert(
      fc.asyncProperty(history, async ({ seed, shards, steps, troubles, recordsPerSecond, aggregation, keys }) => {
        const settings = { order, aggregation, ttlMs: 3_600_000, lingerMs: 5, requestRecordsMax: 20 };
        const bench = new Bench({ ...settings, aggregateBytesMax: 300 }, { shards, seed });
        Object.assign(bench.stream.troubles, troubles);
        bench.stream.recordsPerSecond = recordsPerSecond;
        let count = 0;
        for (const step of steps) {
          if ("put" in step) {
            for (let each = 0; each < step.put; each += 1) bench.put(`key-${count % keys}`, `${(count += 1)}`);
          } else if ("split" in step) bench.stream.split(step.split);
          else bench.stream.merge(step.merge);
          await bench.run(step.afterMs);
        }
        for (let round = 0; round < 300 && bench.producer.load.bufferedRecords > 0; round += 1) await bench.run(1_000);
        expect(new Set(bench.codes())).toEqual(new Set(["stored"]));
        // Of a lost answer nobody knows which part was stored, once the same request no longer means the same shards.
        const resharded = steps.some((step) => !("put" in step));
        const mayRepeat = troubles.answerLost > 0 && (resharded || order === "none");
        const delivered = bench.delivered().map(Number);
        const numbers = mayRepeat ? [...new Set(delivered)] : delivered;
        expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
        const places = bench.results.map((result) => result as PutResult);
        const names = places.map(
          ({ sequenceNumber, subSequenceNumber }) => `${sequenceNumber}/${subSequenceNumber ?? 0}`,
        );
        expect(new Set(names).size).toBe(count);
        if (order !== "none") expectOrder(places, keys);
        // A listing may still be under way, with its deadline.
        await bench.run(11_000);
        expect(bench.clock.pending).toBe(0);
      }),
      { numRuns: 30 },
    );
  },
  60_000,
);

/** The records of each key stand in the stream in the order of their puts. */
function expectOrder(places: readonly PutResult[], keys: number): void {
  const last = new Map<number, number[]>();
  places.forEach(({ sequenceNumber, subSequenceNumber = 0 }, index) => {
    const place = [Number(sequenceNumber), subSequenceNumber];
    const before = last.get(index % keys);
    if (before !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = [...before, ...place];
      expect(a < c || (a === c && b < d), `record ${index} after ${String(before)} is at ${String(place)}`).toBe(true);
    }
    last.set(index % keys, place);
  });
}
