/** What the host tells the rest of the node about its replicas. Called synchronously, between steps; must not throw. */
import type { HeldReplica } from "./held-replica.ts";

/** One listener of each is enough: the node is wired in one place. */
export interface ReplicaEvents {
  /** Enough members adopted `epoch`. With a changed set the replica now waits for the coordinator's confirmation. */
  adopted(held: HeldReplica, epoch: number, setChanges: boolean): void;
  /** The replica leads `epoch` and takes appends. */
  opened(held: HeldReplica, epoch: number): void;
  committed(held: HeldReplica, commitOffset: number): void;
  /** No longer leading: appends in flight have an unknown outcome. */
  steppedDown(held: HeldReplica, epoch: number, why: string): void;
  /** A committed close record ends the shard. */
  closed(held: HeldReplica): void;
  /** The replica may have lost its tail; its peers must repair it. */
  suspect(held: HeldReplica): void;
  /** The shard was stopped: the protocol was violated or a machine failed an assertion. */
  halted(held: HeldReplica, why: string): void;
}
