/**
 * What the reading side gets for each lease this worker holds. The lease side calls a {@link ShardConsumer} when it has taken a
 * lease and gives the lease back when the consumer's promise settles.
 */
import type { RecordPosition } from "./checkpoint.ts";
import type { Lease, LeasedShard } from "./lease.ts";

/** Why a session ends. `finished`: the shard's end. `handoff`, `stopping`: drained. `failed`: the consumer rejected. */
export type SessionEnd = "finished" | "handoff" | "stopping" | "lost" | "hung" | "failed";

/** One held lease, from taking to giving back. */
export interface LeaseSession {
  /** As it was taken: start at `lease.checkpoint`. `lease.prepared` is what an earlier owner prepared and did not complete. */
  readonly lease: Lease;
  /** Greater at each taking of this shard, for sinks that can refuse an older one. */
  readonly fencingToken: number;
  /** Aborts when the lease is lost: stop at once, deliver nothing more; checkpoints are refused from now on. */
  readonly signal: AbortSignal;
  /** Aborts when the lease is to be given back: fetch no more, finish or drop what is in hand, checkpoint, then settle. */
  readonly draining: AbortSignal;
  /**
   * Everything up to `position` is done. Resolves when stored; calls of one turn and of all shards travel together. Repeating a
   * position is harmless. Errors: CONFLICT with `ids.reason` "lost" (the session is over) or "behind" (the position is smaller
   * than the stored one), UNAVAILABLE or DEADLINE (unknown; call again with the same or a later position).
   */
  checkpoint(position: RecordPosition): Promise<void>;
  /** First half of a two-phase checkpoint: stores `state` beside the position until a checkpoint reaches it. Errors as {@link checkpoint}. */
  prepare(position: RecordPosition, state: string): Promise<void>;
  /**
   * The shard's end was read and all of it is done: stores SHARD_END and creates `children` (empty when the shard is gone).
   * The consumer settles afterwards. Errors: as {@link checkpoint}.
   */
  finish(children: readonly LeasedShard[]): Promise<void>;
  /**
   * Sign of life: call whenever a read has answered (also an empty one) and whenever a handler has finished something, with the
   * record bytes delivered. Without one for the worker's `progressTimeoutMs` the lease is taken away ("hung").
   */
  progress(deliveredBytes?: number): void;
}

/**
 * Reads one shard while its lease is held. Settles when it has stopped touching the shard: after `finish`, after `draining`
 * or `signal` aborted. A rejection gives the lease back after a pause, for this or another worker to try again from the checkpoint.
 */
export type ShardConsumer = (session: LeaseSession) => Promise<void>;

/** What observers of the lease side hear. Callbacks must not throw. */
export interface LeaseEvents {
  onLeaseGained?(session: LeaseSession): void;
  onLeaseLost?(lease: Lease, end: SessionEnd): void;
}
