/** What goes into and comes out of the epoch machine of one shard. The shell carries commands out and reports back. */
import type { ShardRecord } from "../state/cluster-state.ts";
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
  | { readonly type: "recover"; readonly epoch: number; readonly chosen: SealAnswer }
  /** Compare-and-set to active. Answer with `activated`. */
  | { readonly type: "activate"; readonly epoch: number; readonly leader: string };

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
}
