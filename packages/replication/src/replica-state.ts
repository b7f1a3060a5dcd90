/**
 * The small state of one replica that must survive a crash (the table "what to persist and when" of the protocol).
 * Everything else about a replica is either in the log itself or must never be persisted (leadership, acks received).
 */

/** One copy of a shard: the identity of a replica lies on its disk, not in its node's name. */
export interface ReplicaMember {
  readonly nodeId: string;
  readonly replicaUuid: string;
  readonly zone: string;
}

/** Records from `startOffset` on were written in `epoch` or later. */
export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/** See the file comment. `history`'s last entry is the log epoch; it is never empty. */
export interface ReplicaState {
  readonly shardUid: number;
  readonly replicaUuid: string;
  /** Messages of a lower epoch are refused for ever. */
  readonly promisedEpoch: number;
  /** Strictly increasing in epoch, never decreasing in offset. */
  readonly history: readonly EpochStart[];
  /** The set in force when `configEpoch` was adopted: enough to rebuild lost metadata from the nodes. */
  readonly configEpoch: number;
  readonly set: readonly ReplicaMember[];
  /** May have lost its tail: counts for nothing in elections and may not lead until a leader has repaired it. */
  readonly suspect: boolean;
  /** Records below are gone (from the last applied trim record). */
  readonly logStart: number;
}
