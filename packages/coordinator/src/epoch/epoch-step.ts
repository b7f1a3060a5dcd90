/** What goes into and comes out of the epoch machine of one shard. The shell carries commands out and reports back. */
import type { ReplicaPlace, SetChange, ShardRecord } from "../state/cluster-state.ts";
import type { SealAnswer } from "./choose-replica.ts";

/** A storage node's answer to Seal, before anything about it is believed. */
export interface SealReport {
  readonly ok: boolean;
  readonly why: string;
  readonly replicaUuid: string;
  readonly promisedEpoch: number;
  readonly logEpoch: number;
  readonly logEnd: number;
  readonly suspect: boolean;
}

/** One thing that happened. Answers to commands of an attempt that is over are ignored by their epoch. */
export type EpochEvent =
  /** This coordinator has just placed the shard: its record is recovering at epoch 1, `leader` is planned. */
  | { readonly type: "placed"; readonly leader: string }
  | { readonly type: "created"; readonly nodeId: string; readonly ok: boolean }
  /** The leader of `epoch` is dead, resigned, halted or silent. */
  | { readonly type: "leaderLost"; readonly epoch: number; readonly nodeId: string; readonly why: string }
  /** A member may have lost what it acknowledged in `epoch`. Within an epoch it cannot be repaired. */
  | { readonly type: "suspect"; readonly epoch: number; readonly nodeId: string }
  /** The learner of the record's pending change is level: make it a member. */
  | { readonly type: "changeSet"; readonly epoch: number }
  /** The shard is well and should be led by another member: with as little pause as possible. */
  | { readonly type: "moveLeader"; readonly epoch: number; readonly to: string }
  | { readonly type: "handedOver"; readonly epoch: number; readonly ok: boolean }
  /** The record is recovering and nobody is at it: after a restart of the coordinator. */
  | { readonly type: "resume" }
  | { readonly type: "burnt"; readonly toEpoch: number; readonly ok: boolean }
  | {
      readonly type: "sealed";
      readonly nodeId: string;
      readonly epoch: number;
      readonly boot: number;
      readonly report: SealReport;
    }
  | { readonly type: "sealFailed"; readonly nodeId: string; readonly epoch: number }
  | { readonly type: "recoverAnswered"; readonly epoch: number; readonly ok: boolean; readonly why: string }
  /** The node was told to lead `epoch` with a changed set, has a majority of it, and waits for leave to open. */
  | { readonly type: "adopted"; readonly nodeId: string; readonly epoch: number }
  /** The node says that it leads `epoch`. */
  | { readonly type: "leading"; readonly nodeId: string; readonly epoch: number }
  | { readonly type: "activated"; readonly epoch: number; readonly ok: boolean }
  | { readonly type: "nodeUp"; readonly nodeId: string }
  /** Dead, or back with a new boot: what it was told and said before no longer holds. */
  | { readonly type: "nodeDown"; readonly nodeId: string }
  | { readonly type: "tick" };

/** One thing to do. */
export type EpochCommand =
  | { readonly type: "create"; readonly nodeId: string; readonly replicaUuid: string; readonly epoch: number }
  /** Compare-and-set `fromEpoch` → `toEpoch`, recovering. Answer with `burnt`. */
  | { readonly type: "burn"; readonly fromEpoch: number; readonly toEpoch: number }
  | { readonly type: "seal"; readonly nodeId: string; readonly replicaUuid: string; readonly epoch: number }
  /** `set` is the one in force, or with `setChanges` the changed one, which must not open before it is installed. */
  | {
      readonly type: "recover";
      readonly epoch: number;
      readonly chosen: SealAnswer;
      readonly set: readonly ReplicaPlace[];
      readonly setChanges: boolean;
    }
  /** Compare-and-set to active, with `change` also of the set. Answer with `activated`. */
  | {
      readonly type: "activate";
      readonly epoch: number;
      readonly leader: string;
      readonly change: SetChange | undefined;
    }
  /** The changed set is installed: its leader may open. Repeated as long as the leader asks. */
  | { readonly type: "confirm"; readonly nodeId: string; readonly epoch: number }
  /** Ask the leader to resign as soon as the named member is level. Answer with `handedOver`. */
  | {
      readonly type: "handOver";
      readonly nodeId: string;
      readonly epoch: number;
      readonly toReplicaUuid: string;
    };

/** What the machine may look at while it steps: never anything that was not committed. */
export interface EpochContext {
  /** Monotonic. */
  readonly nowMs: number;
  /** The record in force. */
  readonly record: ShardRecord;
  readonly isUp: (nodeId: string) => boolean;
  bootOf(nodeId: string): number;
  /** How many shards the node leads or is about to lead: among equals the least loaded leads next. */
  readonly loadOf: (nodeId: string) => number;
  /** From 0 to 1, drawn anew each time. */
  readonly jitter: () => number;
}
