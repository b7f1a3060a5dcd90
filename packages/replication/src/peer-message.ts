/**
 * What replicas of one shard say to each other. `proto/millrace/v1/peer.proto` is the same list on the wire.
 * Every message carries the sender's epoch; a receiver that has promised a higher one answers `reject`.
 */
import type { Frame } from "@millrace/model";
import type { EpochStart, ReplicaMember } from "./replica-state.ts";

/** Leader → peer: I was told to recover `epoch`; raise your promise and report your log. */
export interface ProbeMessage {
  readonly kind: "probe";
  readonly epoch: number;
  /** Set of this epoch, stored by the peer when it adopts. */
  readonly set: readonly ReplicaMember[];
  /** What the peer has acknowledged in this epoch, as the leader remembers it; 0: nothing. A shorter log has lost records. */
  readonly ackedEnd: number;
}

/** Peer → leader: my durable log, after everything before the probe was durable. */
export interface ProbeReplyMessage {
  readonly kind: "probeReply";
  readonly epoch: number;
  readonly replicaUuid: string;
  readonly logStart: number;
  readonly logEnd: number;
  readonly history: readonly EpochStart[];
}

/**
 * Leader → peer: cut your log to `truncateTo` (only in a replica that has not adopted `epoch`), then append `frames`
 * contiguously; when your log reaches `startOffset`, adopt `epoch` with `history` in the same write.
 * `resetTo` ≥ 0 replaces the whole log: it now starts empty at that offset (the leader's log start).
 */
export interface CatchUpMessage {
  readonly kind: "catchUp";
  readonly epoch: number;
  readonly truncateTo: number;
  readonly resetTo: number;
  readonly history: readonly EpochStart[];
  readonly startOffset: number;
  readonly set: readonly ReplicaMember[];
  readonly frames: readonly Frame[];
}

/** Leader → peer, live path: contiguous frames of an adopted epoch. Without frames it only carries the commit offset. */
export interface AppendMessage {
  readonly kind: "append";
  readonly epoch: number;
  readonly commitOffset: number;
  readonly frames: readonly Frame[];
}

/** Peer → leader: everything below `durableEnd` is durable here. Cumulative. */
export interface AckMessage {
  readonly kind: "ack";
  readonly epoch: number;
  readonly replicaUuid: string;
  readonly adopted: boolean;
  readonly durableEnd: number;
}

/** Peer → leader: refused. `expectedOffset` is my log end (gap: feed me from there). */
export interface RejectMessage {
  readonly kind: "reject";
  readonly epoch: number;
  readonly reason: "promised" | "gap" | "notAdopted" | "wrongReplica";
  readonly promisedEpoch: number;
  readonly expectedOffset: number;
}

/** Any message between replicas of a shard. */
export type PeerMessage =
  | ProbeMessage
  | ProbeReplyMessage
  | CatchUpMessage
  | AppendMessage
  | AckMessage
  | RejectMessage;
