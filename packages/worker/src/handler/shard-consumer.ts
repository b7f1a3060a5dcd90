/**
 * Reads one shard for as long as its lease is held: fetches ahead within bounds, hands records to the handler by key, and
 * checkpoints what is done without gaps.
 *
 * Invariants: the checkpoint never passes a record that is neither handled nor dead-lettered; a session whose signal has
 * aborted is never written to; the shard's end is stored after everything in it is done.
 */
import { assert, ServiceError, withDeadline, type Clock, type Random } from "@millrace/base";
import { unlessAborted } from "../consume/deadline-signal.ts";
import type { FetchedBatch, RecordSource } from "../consume/record-source.ts";
import { RecordUnpacker } from "../consume/unpack-records.ts";
import type { DeadLetterSink } from "../dead-letter/dead-letter.ts";
import type { OpenSource } from "../kinesis/record-sources.ts";
import type { RecordPosition } from "../lease/checkpoint.ts";
import type { LeaseSession, ShardConsumer } from "../lease/lease-session.ts";
import { defaultRetryOptions, type RetryOptions } from "./attempt-plan.ts";
import { Checkpointer } from "./checkpointer.ts";
import type { ConsumeHappening, ConsumeObserver } from "./consume-event.ts";
import { ContiguousTracker } from "./contiguous-tracker.ts";
import type { ConsumedRecord, Handler, ShardContext } from "./handler.ts";
import { KeyScheduler, type ScheduledBatch } from "./key-scheduler.ts";
import { runBatch } from "./run-batch.ts";

/** How records of one shard are handled. */
export interface ConsumeOptions {
  /** Records in one call of a batch handler. */
  readonly batchMax: number;
  /** Calls at a time within a shard, never two with the same partition key. With more than 1, order holds per key only. */
  readonly parallelism: number;
  /** No read begins while so much of a shard waits or is being handled. One answer (10 MiB at most) may come on top. */
  readonly bufferedRecordsMax: number;
  readonly bufferedBytesMax: number;
  readonly retry: RetryOptions;
  /** Where records go whose attempts are used up. Without it they are tried for ever, and their shard waits. */
  readonly deadLetter?: DeadLetterSink;
  /** At most one checkpoint per shard in this time. */
  readonly checkpointIntervalMs: number;
  /** How long running handler calls may take to end once the shard is to be given back. */
  readonly drainTimeoutMs: number;
}

/** Batches of up to 1,000 records, one at a time, 8 MiB ahead, a checkpoint a second, 20 seconds to drain. */
export const defaultConsumeOptions: ConsumeOptions = {
  batchMax: 1_000,
  parallelism: 1,
  bufferedRecordsMax: 20_000,
  bufferedBytesMax: 8 * 1024 * 1024,
  retry: defaultRetryOptions,
  checkpointIntervalMs: 1_000,
  drainTimeoutMs: 20_000,
};

/** What consumers are made of. */
export interface ConsumeParts {
  readonly openSource: OpenSource;
  readonly handler: Handler;
  readonly options: ConsumeOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: ConsumeObserver;
}

/** A consumer for every lease of a worker. */
export function shardConsumer(parts: ConsumeParts): ShardConsumer {
  return (session) => new ShardReading(session, parts).run();
}

interface Item {
  readonly record: ConsumedRecord;
  readonly number: number;
}

/** One session. See the file comment. */
class ShardReading {
  readonly #session: LeaseSession;
  readonly #parts: ConsumeParts;
  readonly #tracker = new ContiguousTracker<RecordPosition>();
  readonly #scheduler: KeyScheduler<Item>;
  readonly #checkpointer: Checkpointer;
  readonly #unpacker: RecordUnpacker;
  readonly #source: RecordSource;
  /** Aborts handler calls: the lease is lost, or draining took too long. */
  readonly #giveUp = new AbortController();
  readonly #fetching: AbortSignal;
  readonly #context: ShardContext;
  #bufferedBytes = 0;
  #millisBehindLatest = 0;
  /** Called whenever something has been settled or has ended. */
  #changed: () => void = () => undefined;

  constructor(session: LeaseSession, parts: ConsumeParts) {
    this.#session = session;
    this.#parts = parts;
    const { options, clock, openSource } = parts;
    const happened = (happening: ConsumeHappening): void => this.#happened(happening);
    this.#scheduler = new KeyScheduler(options, ({ record }) => record.partitionKey);
    this.#checkpointer = new Checkpointer(session, options.checkpointIntervalMs, clock, happened);
    this.#unpacker = new RecordUnpacker(session.lease, happened);
    this.#source = openSource(session.lease, () => this.#progressWhenIdle(), happened);
    this.#fetching = AbortSignal.any([session.signal, session.draining]);
    const { stream, shardId, prepared } = session.lease;
    this.#context = { stream, shardId, fencingToken: session.fencingToken, signal: this.#giveUp.signal, prepared };
  }

  async run(): Promise<void> {
    const { signal, draining } = this.#session;
    const { handler, clock, options } = this.#parts;
    let drainTimer: { cancel(): void } | undefined;
    const giveUp = (): void => this.#giveUp.abort();
    const wake = (): void => this.#changed();
    const drain = (): void => {
      drainTimer = clock.schedule(options.drainTimeoutMs, giveUp);
      wake();
    };
    signal.addEventListener("abort", giveUp, { once: true });
    this.#giveUp.signal.addEventListener("abort", wake, { once: true });
    draining.addEventListener("abort", drain, { once: true });
    if (draining.aborted) drain();
    if (signal.aborted) giveUp();
    try {
      await unlessAborted(
        this.#giveUp.signal,
        call(() => handler.started?.(this.#context)),
      );
      const last = await this.#fetchAll();
      await this.#until(() => this.#scheduler.out === 0 && (draining.aborted || this.#scheduler.waiting === 0));
      if (last !== undefined && this.#tracker.outstanding === 0 && !signal.aborted) await this.#end(last);
      else await this.#stop();
    } catch (error) {
      // What is done stays done, whoever tries next.
      await this.#stop();
      // A lease that was lost while its shard's end was being stored is somebody else's to end.
      if (signal.aborted) return;
      throw error;
    } finally {
      drainTimer?.cancel();
      signal.removeEventListener("abort", giveUp);
      draining.removeEventListener("abort", drain);
      this.#giveUp.abort();
      this.#source.close();
    }
  }

  /** Reads until the shard's end (its last answer is returned) or until fetching is over. */
  async #fetchAll(): Promise<FetchedBatch | undefined> {
    const { bufferedRecordsMax, bufferedBytesMax } = this.#parts.options;
    const hasRoom = (): boolean =>
      this.#fetching.aborted ||
      (this.#tracker.outstanding < bufferedRecordsMax && this.#bufferedBytes < bufferedBytesMax);
    while (!this.#fetching.aborted) {
      if (!hasRoom()) await this.#until(hasRoom);
      if (this.#fetching.aborted) return undefined;
      let batch: FetchedBatch;
      try {
        batch = await this.#source.next(this.#fetching);
      } catch (error) {
        if (this.#fetching.aborted) return undefined;
        throw error;
      }
      if (this.#session.signal.aborted) return undefined;
      this.#take(batch);
      if (batch.children !== undefined) return batch;
    }
    return undefined;
  }

  #take(batch: FetchedBatch): void {
    this.#millisBehindLatest = batch.millisBehindLatest;
    let [bytes, userRecords, moved] = [0, 0, false];
    for (const fetched of batch.records) {
      bytes += fetched.Data?.length ?? 0;
      const { records, position } = this.#unpacker.unpack(fetched);
      userRecords += records.length;
      for (const record of records) {
        const number = this.#tracker.add(record);
        this.#bufferedBytes += record.data.length;
        this.#scheduler.push({ record, number });
      }
      // A Kinesis record of which nothing is left to do still moves the checkpoint.
      if (records.length === 0 && this.#tracker.finish(this.#tracker.add(position))) moved = true;
    }
    if (moved) this.#advance();
    const { millisBehindLatest } = batch;
    this.#happened({ kind: "read", records: batch.records.length, userRecords, bytes, millisBehindLatest });
    if (this.#tracker.outstanding === userRecords) this.#session.progress(bytes);
    this.#dispatch();
  }

  #dispatch(): void {
    if (this.#fetching.aborted) return;
    for (let batch = this.#scheduler.take(); batch !== undefined; batch = this.#scheduler.take()) void this.#run(batch);
  }

  async #run(batch: ScheduledBatch<Item>): Promise<void> {
    const { handler, clock, random, options } = this.#parts;
    let settledCount = 0;
    await runBatch({
      records: batch.items.map(({ record }) => record),
      handler,
      shard: this.#context,
      millisBehindLatest: this.#millisBehindLatest,
      retry: options.retry,
      deadLetter: options.deadLetter,
      clock,
      random,
      draining: this.#session.draining,
      happened: (happening) => this.#happened(happening),
      settled: (count) => {
        let moved = false;
        for (; settledCount < count; settledCount += 1) {
          const item = batch.items[settledCount];
          assert(item !== undefined, "no more is settled than there was");
          this.#bufferedBytes -= item.record.data.length;
          if (this.#tracker.finish(item.number)) moved = true;
        }
        if (moved) this.#advance();
      },
      prepare: (position, state) => this.#prepare(position, state),
      attempted: () => {
        // Only who holds the checkpoint back shows life: a hung call must not hide behind others that go on.
        const next = batch.items[settledCount]?.number;
        if (next === undefined || next === this.#tracker.oldestUnfinished) this.#progressWhenHeld(next);
      },
    });
    this.#scheduler.finish(batch);
    this.#dispatch();
    this.#changed();
  }

  async #prepare(position: RecordPosition, state: string): Promise<void> {
    // A shard has room for one prepared position, and batches side by side would write over each other's.
    if (this.#parts.options.parallelism > 1) throw new ServiceError("USAGE", "prepare() wants a parallelism of 1");
    await this.#session.prepare(position, state);
  }

  /** The frontier has moved. */
  #advance(): void {
    const { frontier } = this.#tracker;
    assert(frontier !== undefined, "a frontier that moved is somewhere");
    // A copy: the record itself would keep the whole answer it came in.
    const { sequenceNumber, subSequenceNumber } = frontier;
    this.#session.progress();
    this.#checkpointer.advance({ sequenceNumber, subSequenceNumber });
    this.#changed();
  }

  #progressWhenIdle(): void {
    if (this.#tracker.outstanding === 0) this.#session.progress();
  }

  #progressWhenHeld(next: number | undefined): void {
    if (next !== undefined && !this.#session.signal.aborted) this.#session.progress();
  }

  async #end({ children = [] }: FetchedBatch): Promise<void> {
    await unlessAborted(
      this.#giveUp.signal,
      call(() => this.#parts.handler.ended?.(this.#context)),
    );
    await this.#checkpointer.flush();
    // Given up before the callback was through: whoever takes the lease next calls it again.
    if (this.#giveUp.signal.aborted) return;
    await this.#session.finish(children);
    this.#happened({ kind: "shard-ended", children: children.map(({ shardId }) => shardId) });
  }

  async #stop(): Promise<void> {
    try {
      const { handler, clock, options } = this.#parts;
      const told = call(() => handler.stopped?.(this.#context));
      await withDeadline(clock, options.drainTimeoutMs, "the callback `stopped`", told);
    } catch (error) {
      // Nothing depends on it: what is done is stored all the same.
      this.#happened({ kind: "callback-failed", error });
    }
    await this.#checkpointer.flush();
  }

  /** Resolves when `condition` holds or handler calls are given up. It is looked at after every change. */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#giveUp.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  #happened(happening: ConsumeHappening): void {
    const { stream, shardId } = this.#session.lease;
    this.#parts.observe({ ...happening, stream, shardId });
  }
}

/** A callback's result as a promise, whether it throws, rejects or answers at once. */
async function call(callback: () => Promise<void> | void): Promise<void> {
  await callback();
}
