/**
 * Workers that join, leave, crash and stand still at random over one lease table, reading a stream that splits and merges. Checks while
 * it runs: each key's records in order within an owner and none before its forerunners, no checkpoint moves back, no shard that can be
 * read is without a running owner for longer than the time to live + 1 s.
 */
import { ServiceError, sleep, type Clock } from "@millrace/base";
import {
  coordinatorDefaults,
  formatCheckpoint,
  LeaseHost,
  leaseKey,
  type CoordinatorSettings,
  type Checkpoint,
  type LeaseSession,
  type LeaseStore,
  type LeaseView,
} from "@millrace/worker";
import { expect } from "vitest";
import { PausableProcess } from "./pausable-process.ts";
import { indexAfter, leasedShard, positionAt, ShardedLog, type LoggedRecord, type LogShard } from "./sharded-log.ts";

const STREAM = "orders";
const SAMPLE_MS = 100;
const POLL_MS = 2_000;
const BATCH = 25;

/** What a storm is made of. */
export interface StormOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly connect: () => Promise<LeaseStore>;
  /** Lets time pass and everything due in it happen. */
  readonly pass: (ms: number) => Promise<void>;
  readonly shards: number;
  readonly leaseTtlMs: number;
  readonly balance?: CoordinatorSettings["balance"];
  /** Beyond `leaseTtlMs`: how long a readable shard may be without a running owner. */
  readonly unownedGraceMs: number;
}

interface StormWorker {
  readonly name: string;
  readonly process: PausableProcess;
  readonly host: LeaseHost;
  readonly store: LeaseStore;
  readonly held: Set<string>;
}

/** See the file comment. */
export class LeaseStorm {
  readonly log: ShardedLog;
  readonly workers: Set<StormWorker> = new Set();
  readonly #options: StormOptions;
  readonly #observer: LeaseStore;
  readonly #processed = new Map<number, number>();
  readonly #positions = new Map<string, Checkpoint>();
  readonly #unownedSince = new Map<string, number>();
  #names = 0;
  #deliveries = 0;
  /** The longest time that a readable shard had no running owner. */
  longestUnownedMs = 0;
  moves = 0;

  constructor(options: StormOptions, observer: LeaseStore) {
    this.#options = options;
    this.#observer = observer;
    this.log = new ShardedLog(options.shards, options.random);
  }

  get deliveries(): number {
    return this.#deliveries;
  }

  /** Records of which every one has been processed. */
  get processed(): number {
    return [...this.#processed.values()].reduce((sum, n) => sum + n, 0);
  }

  async join(): Promise<StormWorker> {
    const { clock, random, connect, leaseTtlMs, balance = "count" } = this.#options;
    const process = new PausableProcess(clock);
    const name = `worker-${(this.#names += 1)}`;
    const store = await connect();
    const held = new Set<string>();
    const host = new LeaseHost({
      store: process.over(store),
      settings: {
        ...coordinatorDefaults,
        worker: name,
        leaseTtlMs,
        balance,
        streams: [{ stream: STREAM, initialPosition: { type: "TRIM_HORIZON" } }],
      },
      consumer: (session) => this.#read(session, process),
      listShards: () => Promise.resolve(this.log.list(STREAM)),
      clock: process.clock,
      random: { float: random, uuid: () => `${name}-${random()}`, bytes: () => new Uint8Array() },
      events: {
        onLeaseGained: ({ lease }) => {
          held.add(lease.key);
          this.moves += 1;
        },
        onLeaseLost: ({ key }) => held.delete(key),
      },
    });
    const worker = { name, process, host, store, held };
    this.workers.add(worker);
    return worker;
  }

  async leave(worker: StormWorker): Promise<void> {
    await worker.host.stop(5_000);
    this.workers.delete(worker);
    await worker.store.close();
  }

  crash(worker: StormWorker): void {
    worker.process.pause();
    this.workers.delete(worker);
    void worker.store.close();
  }

  /** Lets `ms` pass, checking all the while. */
  async run(ms: number): Promise<void> {
    const { clock, pass } = this.#options;
    for (const endMs = clock.monotonicMs() + ms; clock.monotonicMs() < endMs;) {
      await pass(SAMPLE_MS);
      await this.check();
    }
  }

  async check(): Promise<void> {
    const { clock, leaseTtlMs, unownedGraceMs } = this.#options;
    const view = await this.#look();
    if (view === undefined) return;
    const { leases } = view;
    const rows = new Map(leases.map((lease) => [lease.key, lease]));
    for (const { key, checkpoint } of leases) {
      const former = this.#positions.get(key);
      if (former !== undefined && rank(checkpoint) < rank(former)) {
        expect.fail(`${key} moved back from ${formatCheckpoint(former)} to ${formatCheckpoint(checkpoint)}`);
      }
      this.#positions.set(key, checkpoint);
    }
    const owned = new Set<string>();
    for (const { process, held } of this.workers) if (process.isRunning) for (const key of held) owned.add(key);
    const now = clock.monotonicMs();
    for (const shard of this.log.shards.values()) {
      const key = leaseKey(STREAM, shard.shardId);
      const isDone = rows.get(key)?.checkpoint.type === "SHARD_END";
      const waits = shard.parents.some((parent) => rows.get(leaseKey(STREAM, parent))?.checkpoint.type !== "SHARD_END");
      if (isDone || waits || owned.has(key)) {
        this.#unownedSince.delete(key);
        continue;
      }
      const since = this.#unownedSince.get(key) ?? now;
      this.#unownedSince.set(key, since);
      this.longestUnownedMs = Math.max(this.longestUnownedMs, now - since);
      if (now - since > leaseTtlMs + unownedGraceMs) {
        expect.fail(`${key} has had no running owner for ${now - since} ms: ${JSON.stringify(rows.get(key))}`);
      }
    }
  }

  /** The table; undefined when a busy machine did not bring the answer in time: the next look sees what this one would have. */
  async #look(): Promise<LeaseView | undefined> {
    try {
      return await this.#observer.list();
    } catch (error) {
      if (ServiceError.from(error).code === "DEADLINE") return undefined;
      throw error;
    }
  }

  /** Reads as a worker does: at least once, each batch before its checkpoint. */
  async #read(session: LeaseSession, process: PausableProcess): Promise<void> {
    const { lease, draining, signal } = session;
    const shard = this.log.shards.get(lease.shardId);
    if (shard === undefined) throw new Error(`no shard ${lease.shardId}`);
    let at = lease.checkpoint.type === "SEQUENCE" ? indexAfter(shard, lease.checkpoint) : 0;
    const seen = new Map<number, number>();
    while (!draining.aborted && !signal.aborted) {
      const batch = shard.records.slice(at, at + BATCH);
      session.progress(batch.length * 100);
      for (const record of batch) {
        if (this.#options.random() < 0.02) await sleep(process.clock, 1_500 * this.#options.random());
        if (signal.aborted) return;
        this.#process(shard, record, seen);
      }
      at += batch.length;
      if (batch.length > 0) await session.checkpoint(positionAt(shard, at - 1));
      else if (shard.closed) return await session.finish(shard.children.map((child) => leasedShard(STREAM, child)));
      else await sleep(process.clock, POLL_MS * (0.5 + this.#options.random()), draining);
    }
  }

  #process(shard: LogShard, { key, n }: LoggedRecord, seen: Map<number, number>): void {
    this.#deliveries += 1;
    const former = seen.get(key) ?? 0;
    if (n <= former) expect.fail(`${shard.shardId}: record ${n} of key ${key} came after ${former} to the same owner`);
    seen.set(key, n);
    const done = this.#processed.get(key) ?? 0;
    if (n > done + 1) expect.fail(`${shard.shardId}: record ${n} of key ${key} came before ${done + 1} was processed`);
    this.#processed.set(key, Math.max(done, n));
  }
}

/** Checkpoints in the order in which they may follow each other. */
function rank(checkpoint: Checkpoint): bigint {
  if (checkpoint.type === "SHARD_END") return 10n ** 60n;
  return checkpoint.type === "SEQUENCE" ? BigInt(checkpoint.sequenceNumber) + 1n : 0n;
}

/** Something happens to a worker or a shard, at random. Between `few` and `many` workers run. */
export async function upset(storm: LeaseStorm, random: () => number, few: number, many: number): Promise<void> {
  const running = [...storm.workers].filter(({ process }) => process.isRunning);
  const victim = running[Math.floor(random() * running.length)];
  const dice = random();
  if (victim === undefined || running.length <= few) {
    await storm.join();
  } else if (dice < 0.25) {
    if (storm.workers.size < many) await storm.join();
  } else if (dice < 0.4) {
    storm.crash(victim);
  } else if (dice < 0.55) {
    void storm.leave(victim);
  } else if (dice < 0.65) {
    victim.process.pause();
  } else if (dice < 0.75) {
    for (const worker of storm.workers) worker.process.resume();
  } else {
    const open = storm.log.openShards;
    const shard = open[Math.floor(random() * open.length)];
    const upper = shard === undefined ? undefined : storm.log.neighbour(shard);
    if (shard !== undefined && upper !== undefined && random() < 0.5) storm.log.merge(shard, upper);
    else if (shard !== undefined && shard.end > shard.start) storm.log.split(shard);
  }
}
