/** A whole worker over a Kinesis and leases in memory: how it begins and ends, and what hooks and metrics hear of it. */
import { ManualClock, seededRandom } from "@millrace/testkit";
import { Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import { encodeAggregate } from "@millrace/kinesis";
import { ServiceError } from "@millrace/base";
import type { ConsumeEvent } from "./handler/consume-event.ts";
import type { BatchContext } from "./handler/handler.ts";
import { FakeKinesis, sdkError } from "./kinesis/testing/fake-kinesis.ts";
import type { LeaseStore } from "./lease/lease-store.ts";
import { MemoryLeaseStore } from "./lease/memory-lease-store.ts";
import { Worker, type WorkerOptions } from "./worker.ts";

const workers: Worker[] = [];
const clock = new ManualClock();
const table = new MemoryLeaseStore(clock);

afterEach(async () => {
  const stopped = workers.splice(0).map((each) => each.stop());
  await clock.advanceAsync(30_000);
  await Promise.all(stopped);
});

function makeWorker(kinesis: FakeKinesis, options: Partial<WorkerOptions> = {}): Worker {
  const worker = new Worker({
    application: "app",
    client: kinesis.client,
    streams: ["s"],
    leases: table.connect(),
    handler: { batch: () => undefined },
    clock,
    random: seededRandom(workers.length + 1),
    ...options,
  });
  workers.push(worker);
  return worker;
}

/** The value of each sample of `registry` whose labels are exactly `labels`, by name without prefix. */
async function samplesOf(registry: Registry): Promise<Map<string, number>> {
  const samples = new Map<string, number>();
  for (const line of (await registry.metrics()).split("\n")) {
    const [, name = "", value = ""] = /^millrace_worker_(\S+) (\S+)$/.exec(line) ?? [];
    if (name !== "") samples.set(name, Number(value));
  }
  return samples;
}

test("metrics count what happened: records, batches, moves, retries, dead letters, checkpoints, age", async () => {
  const kinesis = new FakeKinesis(2);
  const [first = "", second = ""] = kinesis.shardIds;
  kinesis.put(first, "a", Buffer.from("good"));
  kinesis.put(first, "b", Buffer.from("poison"));
  kinesis.put(second, "a", encodeAggregate([1, 2, 3].map((n) => ({ partitionKey: "k", data: Buffer.from([n]) }))));
  const broken = encodeAggregate([{ partitionKey: "k", data: Buffer.from("x") }]);
  broken.fill(0, broken.length - 16);
  kinesis.put(second, "a", broken);
  kinesis.failNext("GetRecords", sdkError("ProvisionedThroughputExceededException"));
  kinesis.failNext("GetRecords", sdkError("InternalFailureException"));
  const registry = new Registry();
  const worker = makeWorker(kinesis, {
    metrics: registry,
    handler: {
      record(record) {
        if (Buffer.from(record.data).toString() === "poison") throw new Error("no");
      },
    },
    consume: {
      deadLetter: () => Promise.resolve(),
      retry: { attemptsMax: 2, bisect: true, backoffMinMs: 1, backoffMaxMs: 1 },
    },
  });
  const running = worker.run();
  await clock.advanceAsync(10_000);
  const during = await samplesOf(registry);
  const counted = (name: string): number | undefined => during.get(name);
  expect(counted('records_total{stream="s"}')).toBe(5);
  expect(counted('batches_total{stream="s"}')).toBe(1);
  expect(counted("handler_seconds_count")).toBe(1);
  expect(counted('retries_total{stream="s"}')).toBe(2);
  expect(counted('dead_letters_total{stream="s"}')).toBe(1);
  expect(counted('throttled_total{stream="s"}')).toBe(1);
  expect(counted('read_failures_total{stream="s"}')).toBe(1);
  expect(counted('malformed_records_total{stream="s"}')).toBe(1);
  expect(counted('read_bytes_total{stream="s"}')).toBeGreaterThan(10);
  expect(counted('held_leases{stream="s"}')).toBe(2);
  expect(counted('lease_moves_total{stream="s",move="gained"}')).toBe(2);
  expect(counted(`iterator_age_seconds{stream="s",shard="${first}"}`)).toBe(1.5);
  expect(counted("checkpoint_seconds_count")).toBeGreaterThanOrEqual(2);
  expect(counted("heartbeat_seconds_count")).toBeGreaterThanOrEqual(2);
  const stopped = worker.stop();
  await clock.advanceAsync(1_000);
  await stopped;
  await running;
  const after = await samplesOf(registry);
  expect(after.get('held_leases{stream="s"}')).toBe(0);
  expect(after.get('lease_moves_total{stream="s",move="stopping"}')).toBe(2);
  expect([...after.keys()].filter((name) => name.startsWith("iterator_age"))).toEqual([]);
});

test("workers of one process share a registry, and errors are counted by task and code", async () => {
  const registry = new Registry();
  const kinesis = new FakeKinesis(1);
  kinesis.failNext("ListShards", sdkError("AccessDeniedException"));
  const errors: string[] = [];
  const hooks = { onError: (error: ServiceError, task: string) => errors.push(`${task}: ${error.code}`) };
  const store = new MemoryLeaseStore(clock);
  for (const name of ["one", "two"]) {
    void makeWorker(kinesis, { name, metrics: registry, hooks, leases: store.connect() }).run();
  }
  await clock.advanceAsync(12_000);
  expect(errors).toEqual(["list s: INTERNAL"]);
  const samples = await samplesOf(registry);
  expect(samples.get('errors_total{task="list",code="INTERNAL"}')).toBe(1);
  expect(samples.get('held_leases{stream="s"}')).toBe(1);
});

test("a stream that is not there is named, and one who does not listen is warned once", async () => {
  const kinesis = new FakeKinesis(1);
  const warnings: string[] = [];
  const heard = ({ name, message }: Error): void => {
    if (name === "MillraceWorkerWarning") warnings.push(message);
  };
  process.on("warning", heard);
  for (let listing = 0; listing < 3; listing += 1) {
    kinesis.failNext("ListShards", sdkError("ResourceNotFoundException"));
  }
  void makeWorker(kinesis, { leases: new MemoryLeaseStore(clock).connect() }).run();
  await clock.advanceAsync(20_000);
  await new Promise(setImmediate);
  process.off("warning", heard);
  expect(kinesis.sent.filter(({ name }) => name === "ListShards").length).toBeGreaterThanOrEqual(3);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /^list s: USAGE: there is no stream s at http:\/\/kinesis\.test:4567; it is read as soon/,
  );
});

test("a checkpoint of another stream is explained, and tried again after growing rests", async () => {
  const kinesis = new FakeKinesis(1);
  const foreign = new Error("StartingSequenceNumber 7 is invalid because it did not come from this stream.");
  foreign.name = "InvalidArgumentException";
  for (let attempt = 0; attempt < 100; attempt += 1) kinesis.failNext("GetShardIterator", foreign);
  const errors: string[] = [];
  const hooks = { onError: (error: ServiceError, task: string) => errors.push(`${task}: ${error.message}`) };
  void makeWorker(kinesis, { hooks, leases: new MemoryLeaseStore(clock).connect() }).run();
  await clock.advanceAsync(60_000);
  expect(errors[0]).toContain("millrace workers reset app s shardId-000000000000 --to trim-horizon --force");
  // After rests of 1, 2, 4, 8, 16 and 30 seconds, each with as much again by jitter: once a second would be 30 at least.
  expect(errors.length).toBeGreaterThanOrEqual(4);
  expect(errors.length).toBeLessThanOrEqual(7);
});

test("a service that does not answer is named by its address", async () => {
  const kinesis = new FakeKinesis(1);
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  kinesis.failNext("ListShards", refused);
  const errors: string[] = [];
  const hooks = { onError: (error: ServiceError) => errors.push(error.message) };
  void makeWorker(kinesis, { hooks, leases: new MemoryLeaseStore(clock).connect() }).run();
  await clock.advanceAsync(5_000);
  expect(errors).toEqual(["UNAVAILABLE: nothing answers at http://kinesis.test:4567 (connect ECONNREFUSED)"]);
});

test("hooks hear everything of a shard's life in order", async () => {
  const kinesis = new FakeKinesis(1);
  const [shard = ""] = kinesis.shardIds;
  kinesis.put(shard, "a", Buffer.from("x"));
  const heard: string[] = [];
  const worker = makeWorker(kinesis, {
    leases: new MemoryLeaseStore(clock).connect(),
    hooks: {
      onLeaseGained: ({ lease }) => heard.push(`gained ${lease.shardId}`),
      onLeaseLost: ({ shardId }, end) => heard.push(`lost ${shardId}: ${end}`),
      onEvent: ({ kind, shardId }: ConsumeEvent) => heard.push(`${kind} ${shardId}`),
    },
  });
  const running = worker.run();
  await clock.advanceAsync(5_000);
  const stopped = worker.stop();
  await clock.advanceAsync(1_000);
  await Promise.all([stopped, running]);
  const once = heard.filter((each, index) => heard.indexOf(each) === index);
  expect(once).toEqual([
    `gained ${shard}`,
    `read ${shard}`,
    `handled ${shard}`,
    `checkpointed ${shard}`,
    `lost ${shard}: stopping`,
  ]);
});

test("a worker that is stopped before it runs does not begin, whether by stop() or by its signal", async () => {
  const kinesis = new FakeKinesis(1);
  const stopped = makeWorker(kinesis);
  await stopped.stop();
  await stopped.run();
  const cut = new AbortController();
  cut.abort();
  await makeWorker(kinesis, { signal: cut.signal }).run();
  expect(kinesis.sent).toEqual([]);
});

test("its signal stops a worker that runs, and the leases are given back", async () => {
  const kinesis = new FakeKinesis(2);
  const cut = new AbortController();
  const store = new MemoryLeaseStore(clock);
  const worker = makeWorker(kinesis, { signal: cut.signal, leases: store.connect() });
  const running = worker.run();
  await clock.advanceAsync(3_000);
  expect(worker.held).toHaveLength(2);
  cut.abort();
  await clock.advanceAsync(1_000);
  await running;
  const { leases, workers: live } = await store.connect().list();
  expect([leases.map(({ owner }) => owner), live, worker.held]).toEqual([[undefined, undefined], [], []]);
});

test("leases that are gone from the store end a worker with an error that says so", async () => {
  const kinesis = new FakeKinesis(1);
  const real = new MemoryLeaseStore(clock).connect();
  let isEmptied = false;
  const leases: LeaseStore = {
    ...real,
    renew(request) {
      if (!isEmptied) return real.renew(request);
      return Promise.reject(new ServiceError("CONFLICT", "gone", { ids: { reason: "store-emptied" } }));
    },
  };
  const running = makeWorker(kinesis, { leases }).run();
  running.catch(() => undefined);
  await clock.advanceAsync(3_000);
  isEmptied = true;
  await clock.advanceAsync(5_000);
  await expect(running).rejects.toMatchObject({ code: "CONFLICT", ids: { reason: "store-emptied" } });
});

test.each([
  [{ streams: [] }, /at least one stream/],
  [{ coordination: { leaseTtlMs: 500 } }, /at least 3000 ms, not 500/],
  [{ leases: { redis: "redis://127.0.0.1:1" }, application: "not/allowed" }, /an application is named/],
])("settings that cannot work are refused at once: %o", (options, message) => {
  expect(() => makeWorker(new FakeKinesis(1), options)).toThrow(message);
});

test("what a worker prepared and did not complete reaches the next one, until a checkpoint has passed it", async () => {
  const kinesis = new FakeKinesis(1);
  const [shard = ""] = kinesis.shardIds;
  const [one] = ["one", "two"].map((text) => kinesis.put(shard, "k", Buffer.from(text)));
  const store = new MemoryLeaseStore(clock);
  const found: unknown[] = [];
  const first = makeWorker(kinesis, {
    leases: store.connect(),
    shutdownTimeoutMs: 1_000,
    handler: {
      started: ({ prepared }) => void found.push(prepared),
      async batch(_, context) {
        await context.prepare(1, "file-17");
        // Published, or not: this worker is not there any more to say.
        await new Promise(() => undefined);
      },
    },
  });
  const running = first.run();
  await clock.advanceAsync(3_000);
  const stopped = first.stop();
  await clock.advanceAsync(2_000);
  await Promise.all([stopped, running]);
  const again: string[] = [];
  const next = (): Worker =>
    makeWorker(kinesis, {
      leases: store.connect(),
      handler: {
        started: ({ prepared }) => void found.push(prepared),
        batch: (records) => void again.push(...records.map(({ data }) => Buffer.from(data).toString())),
      },
    });
  for (const worker of [next(), next()]) {
    const work = worker.run();
    await clock.advanceAsync(3_000);
    const over = worker.stop();
    await clock.advanceAsync(1_000);
    await Promise.all([over, work]);
  }
  const prepared = { position: { sequenceNumber: one, subSequenceNumber: 0 }, state: "file-17" };
  expect(found).toMatchObject([undefined, prepared, undefined]);
  expect(again).toEqual(["one", "two"]);
});

test.each([
  ["a count outside the batch", { parallelism: 1 }, 3],
  ["batches side by side", { parallelism: 2 }, 1],
])("prepare() refuses %s", async (_, consume, count) => {
  const kinesis = new FakeKinesis(1);
  kinesis.put(kinesis.shardIds[0] ?? "", "k", Buffer.from("x"));
  const codes: string[] = [];
  const handler = {
    batch: (__: unknown, context: BatchContext) =>
      context.prepare(count, "state").catch((error: unknown) => void codes.push(ServiceError.from(error).code)),
  };
  void makeWorker(kinesis, { leases: new MemoryLeaseStore(clock).connect(), consume, handler }).run();
  await clock.advanceAsync(3_000);
  expect(codes).toEqual(["USAGE"]);
});
