/** What an application writes: one function for batches or for single records, and what it is told with each call. */
import type { PreparedCheckpoint } from "../lease/lease.ts";

/** One user record. Those of an aggregated Kinesis record share its sequence number and differ in the sub-sequence number. */
export interface ConsumedRecord {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  readonly explicitHashKey?: string | undefined;
  readonly sequenceNumber: string;
  /** 0 for a plain record. */
  readonly subSequenceNumber: number;
  /** Approximate arrival, milliseconds since the epoch. */
  readonly arrivalMs: number;
}

/** The shard that is read, and for how long it is ours. */
export interface ShardContext {
  readonly stream: string;
  readonly shardId: string;
  /** Greater with every owner of the shard: hand it to sinks that can refuse an older one. */
  readonly fencingToken: number;
  /** Aborts when the lease is lost or the shutdown deadline has passed: what is done from then on is done twice. */
  readonly signal: AbortSignal;
  /** What an earlier owner prepared ({@link BatchContext.prepare}) and did not complete: it is to be finished or undone before records come. */
  readonly prepared: PreparedCheckpoint | undefined;
}

/** One call of a handler. */
export interface BatchContext extends ShardContext {
  /** 1 on the first try. */
  readonly attempt: number;
  /** How far the last read was behind the tip of the shard. */
  readonly millisBehindLatest: number;
  /**
   * The first `count` records of this call are done: they may be checkpointed and are not given to the next attempt. Also a sign
   * of life: a handler that takes long calls it now and then to keep its lease. Going back is ignored.
   */
  handled(count: number): void;
  /**
   * First half of a two-phase checkpoint, for sinks that publish in one step what was made ready before: stores `state` beside the
   * position of the last of the first `count` records, until a checkpoint reaches it. Should this worker die before, the next owner finds both in
   * {@link ShardContext.prepared}. A worker that has lost the lease is refused. Errors: CONFLICT (`ids.reason` "lost"), UNAVAILABLE or
   * DEADLINE (unknown; call again), USAGE for a count outside the batch, a long state, or a parallelism above 1.
   */
  prepare(count: number, state: string): Promise<void>;
}

/** What a handler may also want to know of its shards. Rejections are treated as the comments say. */
export interface ShardCallbacks {
  /** Before the first record. A rejection gives the lease back for a later try. */
  started?(context: ShardContext): Promise<void> | void;
  /** All records of the shard are handled, before its end is stored. A rejection gives the lease back; it is called again. */
  ended?(context: ShardContext): Promise<void> | void;
  /** The shard is given up without its end: stopping, handed over, or lost. Rejections are reported and ignored. */
  stopped?(context: ShardContext): Promise<void> | void;
}

/** Called with several records in order; resolves when all of them are done, rejects when not ({@link BatchFailure} says which). */
export interface BatchHandler extends ShardCallbacks {
  batch(records: readonly ConsumedRecord[], context: BatchContext): Promise<void> | void;
}

/** Called with one record after the other. */
export interface RecordHandler extends ShardCallbacks {
  record(record: ConsumedRecord, context: BatchContext): Promise<void> | void;
}

/** Either form. */
export type Handler = BatchHandler | RecordHandler;

/** Thrown by a batch handler that knows which record is at fault: those before it are done. */
export class BatchFailure extends Error {
  override readonly name = "BatchFailure";
  /** Index in the batch of the record at fault. */
  readonly failedIndex: number;

  constructor(failedIndex: number, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.failedIndex = failedIndex;
  }
}
