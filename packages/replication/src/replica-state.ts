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

/** A trim record of the log that is not known to be committed. */
export interface PendingTrim {
  /** Where its frame ends: committed up to here, it is in force. */
  readonly frameEnd: number;
  /** Records below are gone then. */
  readonly logStart: number;
}

/** See the file comment. */
export interface ReplicaState {
  readonly shardUid: number;
  readonly replicaUuid: string;
  /** Messages of a lower epoch are refused for ever. */
  readonly promisedEpoch: number;
  /**
   * The last epoch adopted: the log holds everything below that epoch's start. Explicit, never derived from the last
   * record; never decreases.
   */
  readonly logEpoch: number;
  /**
   * Which epoch wrote which offsets of this log. Never empty, strictly increasing in epoch, never decreasing in offset.
   * Its last entry is the log epoch, except while a catch-up is half done: then it names what has been copied so far.
   */
  readonly history: readonly EpochStart[];
  /** The set in force when `configEpoch` was adopted: enough to rebuild lost metadata from the nodes. */
  readonly configEpoch: number;
  readonly set: readonly ReplicaMember[];
  /** May have lost its tail: counts for nothing in elections and may not lead until a leader has repaired it. */
  readonly suspect: boolean;
  /** Frames were found damaged: the log must be replaced as a whole, not continued. Implies `suspect`. */
  readonly damaged: boolean;
  /** A protocol violation or a defect stopped this replica: it does nothing more until an operator resumes it. */
  readonly halted: boolean;
  /** Records below are gone (from the last applied trim record). */
  readonly logStart: number;
  /**
   * Trim records of the log that would raise `logStart`, oldest first. A new process does not read its log, and would
   * show readers again what was gone.
   */
  readonly trims: readonly PendingTrim[];
}
