/** One row of the lease table: who reads a shard for an application, and how far it has come. */
import type { Checkpoint, RecordPosition } from "./checkpoint.ts";

/** `STREAM/SHARD-ID`. The stream's name or ARN may hold slashes, the shard id does not. */
export type LeaseKey = string;

/** The key of one shard of one stream. */
export function leaseKey(stream: string, shardId: string): LeaseKey {
  return `${stream}/${shardId}`;
}

/** What the shard is; fixed when the lease is created, but for `children`, which is written when the shard ends. */
export interface LeasedShard {
  /** Name or ARN, as the application names it. */
  readonly stream: string;
  readonly shardId: string;
  readonly parents: readonly string[];
  /** Inclusive, decimal, as ListShards says; undefined when nobody has said yet. */
  readonly hashRange: { readonly start: string; readonly end: string } | undefined;
}

/**
 * Proof of one taking of a lease. Every write of a holder carries it and the store compares it in the same step as the
 * write, so that a former holder cannot move anything.
 */
export interface LeaseGrant {
  readonly key: LeaseKey;
  /** Random per taking. */
  readonly incarnation: string;
  /**
   * Greater at each taking (the previous one + 1, or the store's milliseconds, whichever is greater). Hand it to sinks that
   * can refuse an older one.
   */
  readonly fencingToken: number;
}

/** A prepared checkpoint: a position that is about to be done, with what the application needs to finish or undo it. */
export interface PreparedCheckpoint {
  readonly position: RecordPosition;
  /** Opaque, at most {@link PREPARED_STATE_CHARACTERS_MAX} characters. */
  readonly state: string;
}

/** Bound of {@link PreparedCheckpoint.state}: a lease row stays small. */
export const PREPARED_STATE_CHARACTERS_MAX = 16_384;

/** One row. */
export interface Lease extends LeasedShard {
  readonly key: LeaseKey;
  /** Id of the worker process that holds it; undefined when free. A worker whose heartbeat has run out holds nothing. */
  readonly owner: string | undefined;
  /** Of the last taking; stays when the lease is given back. */
  readonly incarnation: string | undefined;
  readonly fencingToken: number;
  readonly checkpoint: Checkpoint;
  readonly prepared: PreparedCheckpoint | undefined;
  /** Written with SHARD_END. */
  readonly children: readonly string[];
  /** The worker that shall have it next: the owner drains and gives it back, others wait a moment. */
  readonly handoffTo: string | undefined;
  /** Owners since the checkpoint last moved: a sign of a record that kills its workers. */
  readonly ownerSwitches: number;
  /** Bytes per second as its last owners measured it. */
  readonly bytesPerSecond: number;
}
