/** One or two workers over a table in memory, under a clock of the test's: what the storm does not single out. */
import { ServiceError } from "@millrace/base";
import { ManualClock, seededRandom } from "@millrace/testkit";
import { expect, test } from "vitest";
import { formatCheckpoint } from "../lease/checkpoint.ts";
import { leaseKey } from "../lease/lease.ts";
import type { LeaseSession, ShardConsumer } from "../lease/lease-session.ts";
import type { LeaseStore } from "../lease/lease-store.ts";
import { MemoryLeaseStore } from "../lease/memory-lease-store.ts";
import { coordinatorDefaults, type ListedShard } from "./coordinator-contract.ts";
import { LeaseHost, type LeaseHostOptions } from "./lease-host.ts";

const END = (1n << 128n) - 1n;
const KEY = leaseKey("s", "a");
const shards: ListedShard[] = [
  { stream: "s", shardId: "a", parents: [], hashRange: { start: "0", end: String(END) }, closed: false },
];

function setUp() {
  const clock = new ManualClock();
  const table = new MemoryLeaseStore(clock);
  const log: string[] = [];
  let seed = 0;
  const start = (worker: string, consumer: ShardConsumer, more: Partial<LeaseHostOptions> = {}): LeaseHost =>
    new LeaseHost({
      store: table.connect(),
      settings: {
        ...coordinatorDefaults,
        worker,
        streams: [{ stream: "s", initialPosition: { type: "TRIM_HORIZON" } }],
        progressTimeoutMs: 60_000,
      },
      consumer,
      listShards: () => Promise.resolve(shards),
      clock,
      random: seededRandom((seed += 1)),
      events: {
        onLeaseGained: ({ lease }) =>
          log.push(`${worker} gained ${lease.shardId} at ${formatCheckpoint(lease.checkpoint)}`),
        onLeaseLost: ({ shardId }, end) => log.push(`${worker} lost ${shardId}: ${end}`),
      },
      ...more,
    });
  return { clock, table, log, start, observer: table.connect() };
}

/** Reads until it is drained or loses the lease, showing life. */
function reading(clock: ManualClock, onSession: (session: LeaseSession) => void = () => {}): ShardConsumer {
  return (session) =>
    new Promise((resolve) => {
      onSession(session);
      const live = (): void => {
        session.progress();
        if (!session.draining.aborted) clock.schedule(1_000, live);
      };
      live();
      session.draining.addEventListener("abort", () => resolve(), { once: true });
    });
}

const hanging: ShardConsumer = () => new Promise(() => {});

test("a handler without progress loses its lease, and its worker does not take it again beside it", async () => {
  const { clock, log, start, observer } = setUp();
  let checkpointed: Promise<void> | undefined;
  start("hung", (session) => {
    session.signal.addEventListener("abort", () => {
      checkpointed = session.checkpoint({ sequenceNumber: "5", subSequenceNumber: 0 });
      checkpointed.catch(() => undefined);
    });
    return hanging(session);
  });
  await clock.advanceAsync(61_000);
  expect(log).toEqual(["hung gained a at TRIM_HORIZON"]);
  await expect(checkpointed).rejects.toMatchObject({ code: "CONFLICT", ids: { reason: "lost" } });
  await clock.advanceAsync(60_000);
  expect((await observer.list()).leases).toMatchObject([{ owner: undefined }]);
  start("fresh", reading(clock));
  await clock.advanceAsync(5_000);
  expect(log).toEqual(["hung gained a at TRIM_HORIZON", "fresh gained a at TRIM_HORIZON"]);
});

test("a clean stop hands over within a second", async () => {
  const { clock, log, start } = setUp();
  const first = start("first", reading(clock));
  await clock.advanceAsync(2_000);
  start("second", reading(clock));
  await clock.advanceAsync(4_000);
  expect(log).toEqual(["first gained a at TRIM_HORIZON"]);
  const stopped = first.stop(10_000);
  await clock.advanceAsync(1_000);
  expect(await stopped).toBe("left");
  expect(log.slice(1)).toEqual(["first lost a: stopping", "second gained a at TRIM_HORIZON"]);
});

test("a consumer that does not drain is cut off at the deadline of the stop", async () => {
  const { clock, start, observer } = setUp();
  const host = start("stubborn", hanging);
  await clock.advanceAsync(2_000);
  const stopped = host.stop(5_000);
  await clock.advanceAsync(5_500);
  expect(await stopped).toBe("left");
  expect(await observer.list()).toMatchObject({ leases: [{ owner: undefined }], workers: [] });
});

test("a row that is deleted under a worker comes back with its checkpoint", async () => {
  const { clock, log, start, observer, table } = setUp();
  const real = table.connect();
  let session: LeaseSession | undefined;
  let deleting = false;
  const store: LeaseStore = {
    ...real,
    renew: async (request) => {
      if (deleting) {
        deleting = false;
        await observer.reset({ key: KEY, checkpoint: undefined, force: true });
        await observer.delete([KEY]);
      }
      return await real.renew(request);
    },
  };
  start(
    "w",
    reading(clock, (each) => (session = each)),
    { store },
  );
  await clock.advanceAsync(2_000);
  const position = { sequenceNumber: "77", subSequenceNumber: 3 };
  await session?.checkpoint(position);
  log.splice(0);
  const before = session;
  deleting = true;
  await clock.advanceAsync(10_000);
  expect([before?.signal.aborted, session?.lease.checkpoint]).toEqual([true, { type: "SEQUENCE", ...position }]);
  expect((await observer.list()).leases).toMatchObject([{ owner: "w", checkpoint: position }]);
});

test("a consumer that fails rests, and is tried again from the checkpoint", async () => {
  const { clock, log, start } = setUp();
  let tries = 0;
  const errors: string[] = [];
  start(
    "w",
    async (session) => {
      tries += 1;
      if (tries > 2) return await reading(clock)(session);
      await session.checkpoint({ sequenceNumber: String(tries), subSequenceNumber: 0 });
      throw new Error("no");
    },
    { events: { onError: (error, task) => errors.push(`${task}: ${error.message}`) } },
  );
  await clock.advanceAsync(12_000);
  expect(tries).toBe(3);
  expect(errors).toEqual([`consume ${KEY}: INTERNAL: no`, `consume ${KEY}: INTERNAL: no`]);
  expect(log).toEqual([]);
});

test("a worker whose store does not answer lets go before its leases may be another's", async () => {
  const { clock, log, start, table } = setUp();
  const real = table.connect();
  let reachable = true;
  const store: LeaseStore = {
    ...real,
    renew: (request) =>
      reachable ? real.renew(request) : Promise.reject(new ServiceError("UNAVAILABLE", "no connection")),
  };
  start("cut off", reading(clock), { store });
  await clock.advanceAsync(2_000);
  start("other", reading(clock));
  await clock.advanceAsync(3_000);
  reachable = false;
  await clock.advanceAsync(11_000);
  expect(log).toEqual(["cut off gained a at TRIM_HORIZON", "cut off lost a: lost", "other gained a at TRIM_HORIZON"]);
});

test("a worker whose store has lost its data stops and writes nothing", async () => {
  const { clock, log, start, table } = setUp();
  const real = table.connect();
  let emptied = false;
  const writes: string[] = [];
  const guarded = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (!emptied) return work();
    if (name !== "renew") writes.push(name);
    return Promise.reject(new ServiceError("CONFLICT", "gone", { ids: { reason: "store-emptied" } }));
  };
  const host = start("w", reading(clock), {
    store: {
      ...real,
      renew: (request) => guarded("renew", () => real.renew(request)),
      release: (request) => guarded("release", () => real.release(request)),
      create: (leases) => guarded("create", () => real.create(leases)),
    },
  });
  await clock.advanceAsync(2_000);
  emptied = true;
  await clock.advanceAsync(5_000);
  expect(await host.ended).toBe("store-emptied");
  expect([log[0], writes]).toEqual(["w gained a at TRIM_HORIZON", []]);
});

test("by throughput leases move towards where less flows", async () => {
  const { clock, start, observer } = setUp();
  const four: ListedShard[] = ["a", "b", "c", "d"].map((shardId, index) => {
    const start128 = (END / 4n + 1n) * BigInt(index);
    const range = { start: String(start128), end: String(index === 3 ? END : start128 + END / 4n) };
    return { stream: "s", shardId, parents: [], hashRange: range, closed: false };
  });
  const settings = {
    ...coordinatorDefaults,
    streams: [{ stream: "s", initialPosition: { type: "TRIM_HORIZON" as const } }],
    balance: "throughput" as const,
  };
  const busy: ShardConsumer = (session) => {
    clock.schedule(0, function flow(): void {
      session.progress(session.lease.shardId === "a" ? 300_000 : 100_000);
      if (!session.draining.aborted) clock.schedule(1_000, flow);
    });
    return reading(clock)(session);
  };
  const more = { listShards: () => Promise.resolve(four) };
  start("one", busy, { ...more, settings: { ...settings, worker: "one" } });
  await clock.advanceAsync(40_000);
  start("two", busy, { ...more, settings: { ...settings, worker: "two" } });
  await clock.advanceAsync(90_000);
  const { leases } = await observer.list();
  const withA = leases.filter(({ owner }) => owner === leases.find(({ shardId }) => shardId === "a")?.owner);
  expect(withA.map(({ shardId }) => shardId)).toEqual(["a"]);
});

/** `real` with its answers held back until the test lets them through, and a note of what is asked. */
function delayed(real: LeaseStore) {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const state = { holdBack: new Set<string>() };
  const via = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    asked.push(name);
    const answer = await work();
    if (state.holdBack.has(name)) await new Promise<void>((resolve) => waiting.push(resolve));
    return answer;
  };
  const store: LeaseStore = {
    ...real,
    renew: (request) => via("renew", () => real.renew(request)),
    acquire: (request) => via("acquire", () => real.acquire(request)),
    release: (request) => via(request.leaving === undefined ? "release" : "leave", () => real.release(request)),
  };
  return { store, asked, state, letThrough: () => waiting.splice(0).forEach((resolve) => resolve()) };
}

test("a heartbeat's answer that comes after the leaving asks nothing more of the store", async () => {
  const { clock, start, table, observer } = setUp();
  const { store, asked, state, letThrough } = delayed(table.connect());
  const errors: string[] = [];
  const host = start("w", reading(clock), { store, events: { onError: (_, task) => errors.push(task) } });
  await clock.advanceAsync(2_000);
  expect(host.held).toHaveLength(1);
  state.holdBack = new Set(["renew", "leave"]);
  await clock.advanceAsync(3_000);
  const stopped = host.stop(10_000);
  await clock.advanceAsync(0);
  expect(asked.at(-1)).toBe("leave");
  // The answer was made while the lease was still held: it shows a row under this worker's name.
  letThrough();
  await clock.advanceAsync(0);
  letThrough();
  expect(await stopped).toBe("left");
  await clock.advanceAsync(5_000);
  expect([asked.slice(asked.indexOf("leave")), errors]).toEqual([["leave"], []]);
  expect(await observer.list()).toMatchObject({ leases: [{ owner: undefined }], workers: [] });
});

test("a worker that stops waits for a taking on its way and gives it back before it leaves", async () => {
  const { clock, start, table, observer } = setUp();
  const { store, asked, state, letThrough } = delayed(table.connect());
  state.holdBack = new Set(["acquire"]);
  const host = start("w", reading(clock), { store });
  await clock.advanceAsync(2_000);
  expect(asked.at(-1)).toBe("acquire");
  const stopped = host.stop(10_000);
  await clock.advanceAsync(0);
  expect(asked).not.toContain("leave");
  letThrough();
  await clock.advanceAsync(0);
  expect(await stopped).toBe("left");
  expect(asked.slice(asked.indexOf("release"))).toEqual(["release", "leave"]);
  expect(await observer.list()).toMatchObject({ leases: [{ owner: undefined }], workers: [] });
});

test("a store that is away for a moment while a worker leaves is asked again, until the deadline", async () => {
  const { clock, start, table, observer } = setUp();
  let isAway = false;
  let attempts = 0;
  const store: LeaseStore = { ...table.connect() };
  const { release } = store;
  store.release = (request) => {
    if (request.leaving !== undefined) attempts += 1;
    return isAway ? Promise.reject(new ServiceError("UNAVAILABLE", "no connection")) : release(request);
  };
  const host = start("w", reading(clock), { store });
  await clock.advanceAsync(2_000);
  isAway = true;
  const stopped = host.stop(5_000);
  await clock.advanceAsync(1_000);
  isAway = false;
  await clock.advanceAsync(1_000);
  expect(await stopped).toBe("left");
  expect(attempts).toBeGreaterThan(2);
  // Its lease did not wait for the end of the heartbeat.
  expect(await observer.list()).toMatchObject({ workers: [] });

  const second = start("stays away", reading(clock), { store });
  await clock.advanceAsync(2_000);
  isAway = true;
  const cutOff = second.stop(3_000);
  await clock.advanceAsync(3_000);
  expect(await cutOff).toBe("left");
});

test("ten workers that join take their share in one round, and no lease moves twice", async () => {
  const { clock, log, start, observer } = setUp();
  const many: ListedShard[] = Array.from({ length: 60 }, (_, index) => {
    const width = (END + 1n) / 60n;
    const from = width * BigInt(index);
    const range = { start: String(from), end: String(index === 59 ? END : from + width - 1n) };
    return { stream: "s", shardId: `shard-${index}`, parents: [], hashRange: range, closed: false };
  });
  const more = { listShards: () => Promise.resolve(many) };
  start("w0", reading(clock), more);
  start("w1", reading(clock), more);
  await clock.advanceAsync(10_000);
  log.splice(0);
  for (let worker = 2; worker < 12; worker += 1) start(`w${worker}`, reading(clock), more);
  await clock.advanceAsync(5_000);
  const { leases } = await observer.list();
  const shares = new Map<string | undefined, number>();
  for (const { owner } of leases) shares.set(owner, (shares.get(owner) ?? 0) + 1);
  expect([...shares.values()]).toEqual(Array.from({ length: 12 }, () => 5));
  const moved = log.filter((line) => line.includes("gained")).map((line) => line.split(" ")[2]);
  expect(new Set(moved).size).toBe(moved.length);
  expect(moved).toHaveLength(50);
});
