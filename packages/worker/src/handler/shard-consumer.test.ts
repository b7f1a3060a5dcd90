/** One shard's life against a handler that fails, stalls and is cut off at random. */
import { sleep } from "@millrace/base";
import { encodeAggregate } from "@millrace/kinesis";
import { ManualClock, seededRandom } from "@millrace/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FetchedRecord, RecordSource } from "../consume/record-source.ts";
import type { DeadLetter } from "../dead-letter/dead-letter.ts";
import { comparePositions, trimHorizon, type Checkpoint, type RecordPosition } from "../lease/checkpoint.ts";
import type { LeaseSession } from "../lease/lease-session.ts";
import type { Lease } from "../lease/lease.ts";
import type { ConsumeEvent } from "./consume-event.ts";
import { BatchFailure, type ConsumedRecord, type Handler } from "./handler.ts";
import { defaultConsumeOptions, shardConsumer, type ConsumeOptions } from "./shard-consumer.ts";

const CHILD = { stream: "s", shardId: "child", parents: ["shard"], hashRange: undefined };

/** A shard: each inner list is one Kinesis record, of one user record (plain) or several (aggregated). */
function kinesisRecords(keys: readonly (readonly string[])[]): FetchedRecord[] {
  return keys.map((inner, index) => {
    const users = inner.map((partitionKey, sub) => ({ partitionKey, data: Buffer.from(`${index}.${sub}`) }));
    const [first] = users;
    return {
      SequenceNumber: String(100 + index),
      PartitionKey: users.length === 1 ? first?.partitionKey : "a",
      Data: users.length === 1 ? first?.data : encodeAggregate(users),
    };
  });
}

class FakeShard {
  readonly clock = new ManualClock();
  readonly events: ConsumeEvent[] = [];
  checkpoint: Checkpoint = trimHorizon;
  finished: readonly unknown[] | undefined;
  fetches = 0;
  lost = new AbortController();
  draining = new AbortController();
  progress = 0;
  readonly #records: readonly FetchedRecord[];
  readonly #perRead: number;

  constructor(records: readonly FetchedRecord[], perRead: number) {
    this.#records = records;
    this.#perRead = perRead;
  }

  /** Takes the lease and reads until the consumer settles. */
  run(handler: Handler, options: Partial<ConsumeOptions> = {}): Promise<void> {
    this.lost = new AbortController();
    this.draining = new AbortController();
    const lease = { stream: "s", shardId: "shard", checkpoint: this.checkpoint, hashRange: undefined } as Lease;
    const refuseWhenLost = (signal: AbortSignal): void => {
      if (signal.aborted) throw new Error("CONFLICT: lost");
    };
    const { signal } = this.lost;
    const session: LeaseSession = {
      lease,
      fencingToken: 1,
      signal,
      draining: this.draining.signal,
      checkpoint: async (position) => {
        await sleep(this.clock, 5);
        refuseWhenLost(signal);
        this.checkpoint = { type: "SEQUENCE", ...position };
      },
      prepare: () => Promise.resolve(),
      finish: async (children) => {
        await sleep(this.clock, 5);
        refuseWhenLost(signal);
        this.finished = children;
      },
      progress: () => void (this.progress += 1),
    };
    return shardConsumer({
      openSource: () => this.#source(lease),
      handler,
      options: { ...defaultConsumeOptions, ...options },
      clock: this.clock,
      random: seededRandom(1),
      observe: (event) => this.events.push(event),
    })(session);
  }

  #source(lease: Lease): RecordSource {
    const { checkpoint } = lease;
    let at =
      checkpoint.type === "SEQUENCE"
        ? this.#records.findIndex((each) => each.SequenceNumber === checkpoint.sequenceNumber)
        : 0;
    return {
      next: async (signal) => {
        await sleep(this.clock, 10, signal);
        signal.throwIfAborted();
        this.fetches += 1;
        const records = this.#records.slice(at, at + this.#perRead);
        at += records.length;
        const end = at >= this.#records.length;
        return { records, millisBehindLatest: 0, ...(end ? { children: [CHILD] } : {}) };
      },
      close: () => undefined,
    };
  }
}

/** Moves time until `work` settles. */
async function finish(shard: FakeShard, work: Promise<void>, limitMs = 10_000_000): Promise<void> {
  const state = { settled: false };
  const mark = (): void => void (state.settled = true);
  work.then(mark, mark);
  for (let passedMs = 0; !state.settled && passedMs < limitMs; passedMs += 1_000) {
    await shard.clock.advanceAsync(1_000);
  }
  expect(state.settled).toBe(true);
  await work;
}

const text = ({ data }: ConsumedRecord): string => Buffer.from(data).toString();

const scenario = fc.record({
  keys: fc.array(fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 5 }), {
    minLength: 1,
    maxLength: 40,
  }),
  perRead: fc.integer({ min: 1, max: 10 }),
  parallelism: fc.integer({ min: 1, max: 4 }),
  batchMax: fc.integer({ min: 1, max: 12 }),
  moods: fc.infiniteStream(fc.nat(9)),
  cutsMs: fc.array(fc.record({ afterMs: fc.integer({ min: 5, max: 400 }), clean: fc.boolean() }), { maxLength: 5 }),
  bySingle: fc.boolean(),
});

test("every record is handled at least once, keys in order, and no checkpoint passes an unhandled record", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ keys, perRead, parallelism, batchMax, moods, cutsMs, bySingle }) => {
      const records = kinesisRecords(keys);
      const shard = new FakeShard(records, perRead);
      const all = keys.flatMap((inner, index) => inner.map((key, sub) => ({ key, name: `${index}.${sub}` })));
      const handled = new Set<string>();
      const order: { key: string; name: string; run: number }[] = [];
      let runs = 0;
      const one = async (record: ConsumedRecord, owner: number): Promise<void> => {
        const mood = moods.next().value;
        await sleep(shard.clock, mood * 3);
        if (mood === 9) throw new Error("a bad mood");
        // What a handler does after its lease was lost is its own affair; order is promised per owner.
        handled.add(text(record));
        order.push({ key: record.partitionKey, name: text(record), run: owner });
      };
      const handlerOf = (owner: number): Handler =>
        bySingle
          ? { record: (record) => one(record, owner) }
          : {
              async batch(batch, context) {
                for (const [index, record] of batch.entries()) {
                  await one(record, owner);
                  context.handled(index + 1);
                }
              },
            };
      const checkContiguous = (): void => {
        const { checkpoint } = shard;
        if (checkpoint.type !== "SEQUENCE") return;
        const before = all.filter(({ name }) => {
          const [index = 0, sub = 0] = name.split(".").map(Number);
          const position: RecordPosition = { sequenceNumber: String(100 + index), subSequenceNumber: sub };
          return comparePositions(position, checkpoint) <= 0;
        });
        expect(before.filter(({ name }) => !handled.has(name))).toEqual([]);
      };
      const options = { parallelism, batchMax, bufferedRecordsMax: 20, checkpointIntervalMs: 20 };
      for (const { afterMs, clean } of cutsMs) {
        const work = shard.run(handlerOf((runs += 1)), options);
        work.catch(() => undefined);
        await shard.clock.advanceAsync(afterMs);
        (clean ? shard.draining : shard.lost).abort();
        await finish(shard, work);
        checkContiguous();
        if (shard.finished !== undefined) break;
      }
      if (shard.finished === undefined) await finish(shard, shard.run(handlerOf((runs += 1)), options));
      checkContiguous();
      expect(shard.finished).toEqual([CHILD]);
      expect(handled.size).toBe(all.length);
      for (const key of ["a", "b", "c"]) {
        for (let owner = 1; owner <= runs; owner += 1) {
          const names = order.filter((each) => each.key === key && each.run === owner).map(({ name }) => name);
          // A retried batch comes again from where it failed; the first times are in order.
          const firsts = [...new Set(names)].map((name) => all.findIndex((each) => each.name === name));
          expect(firsts).toEqual(firsts.toSorted((x, y) => x - y));
        }
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

test("a poison record is set aside alone, its neighbours are handled, and the shard goes on", async () => {
  const shard = new FakeShard(kinesisRecords(Array.from({ length: 20 }, () => ["k"])), 20);
  const letters: DeadLetter[] = [];
  const handled = new Set<string>();
  const work = shard.run(
    {
      batch(batch) {
        if (batch.some((record) => text(record) === "7.0")) throw new Error("poison");
        for (const record of batch) handled.add(text(record));
      },
    },
    {
      deadLetter: async (letter) => void letters.push(letter),
    },
  );
  await finish(shard, work);
  expect(letters.map(({ records }) => records.map(text))).toEqual([["7.0"]]);
  expect(handled.size).toBe(19);
  expect(shard.checkpoint).toMatchObject({ sequenceNumber: "119" });
  expect(shard.events.filter(({ kind }) => kind === "dead-lettered")).toHaveLength(1);
});

test("without a dead letter the shard waits at a record that fails, and nothing is skipped", async () => {
  const shard = new FakeShard(kinesisRecords([["k"], ["k"], ["k"]]), 3);
  const work = shard.run({
    batch(batch) {
      const at = batch.findIndex((record) => text(record) === "1.0");
      if (at !== -1) throw new BatchFailure(at, "poison");
    },
  });
  await shard.clock.advanceAsync(100_000);
  expect(shard.checkpoint).toMatchObject({ sequenceNumber: "100" });
  expect(shard.finished).toBeUndefined();
  shard.draining.abort();
  await finish(shard, work);
  expect(shard.finished).toBeUndefined();
});

test("a slow handler holds fetching back", async () => {
  const shard = new FakeShard(kinesisRecords(Array.from({ length: 1_000 }, () => ["k"])), 10);
  const work = shard.run({ batch: () => sleep(shard.clock, 3_600_000) }, { bufferedRecordsMax: 50 });
  await shard.clock.advanceAsync(60_000);
  expect(shard.fetches).toBe(5);
  shard.lost.abort();
  await finish(shard, work);
});

test("a handler that hangs shows no life, and does not hold up the end of a lost lease", async () => {
  const shard = new FakeShard(kinesisRecords([["slow"], ["x"], ["y"], ["z"]]), 1);
  const work = shard.run(
    { record: (record) => (record.partitionKey === "slow" ? new Promise(() => undefined) : undefined) },
    { parallelism: 2, batchMax: 1 },
  );
  await shard.clock.advanceAsync(1_000);
  const { progress } = shard;
  await shard.clock.advanceAsync(60_000);
  expect(shard.progress).toBe(progress);
  expect(shard.checkpoint).toEqual(trimHorizon);
  shard.lost.abort();
  await finish(shard, work);
});

test("a drain ends running calls at its deadline and keeps what is done", async () => {
  const shard = new FakeShard(kinesisRecords([["a"], ["b"]]), 2);
  let aborted = false;
  const work = shard.run(
    {
      async record(record, { signal }) {
        signal.addEventListener("abort", () => (aborted = true));
        if (record.partitionKey === "b") await new Promise(() => undefined);
      },
    },
    { drainTimeoutMs: 5_000 },
  );
  await shard.clock.advanceAsync(100);
  shard.draining.abort();
  await shard.clock.advanceAsync(4_000);
  expect(aborted).toBe(false);
  await finish(shard, work);
  expect(aborted).toBe(true);
  expect(shard.checkpoint).toMatchObject({ sequenceNumber: "100" });
});
