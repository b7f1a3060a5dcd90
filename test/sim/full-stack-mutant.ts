/** Rules of the whole stack that a test can take away from it, to prove that a client's view of the cluster would show it. */
import { EtcdClient } from "@millrace/rpc";
import type { MoveNode } from "../../packages/coordinator/src/placement/plan-moves.ts";
import { NodeRegistry } from "../../packages/coordinator/src/service/node-registry.ts";
import { ReplicaMover } from "../../packages/coordinator/src/service/replica-mover.ts";
import { createReplica, initialReplicaState, type ReplicaContract } from "@millrace/replication";
import { RecentAppends } from "../../packages/storage-node/src/append/recent-appends.ts";
import { SimulatedProcess } from "./world/simulated-process.ts";

/** See the file comment. */
export type FullStackMutant =
  /** A sync is answered before anything is on the disk; the simulated disk does that. */
  | "syncs nothing"
  /** A leader does not recognise an append that is sent again. */
  | "stores repeats again"
  /** Transactions of a coordinator do not compare the election that they were made under. */
  | "writes under no election"
  /** A drained node goes on leading, and is chosen to lead. */
  | "drained nodes lead"
  /** Copies move without regard to zones. */
  | "moves into occupied zones"
  /** Nobody takes the place of a node that is dead for long. */
  | "replaces no dead nodes"
  /** A leader reports that its shard is closed when the close record is written, and not yet committed. */
  | "opens children before the close commits"
  /** What is cancelled is kept until its time has come. */
  | "keeps cancelled timers";

/** Takes the rule away until the answer is called. */
export function plant(mutant: FullStackMutant): () => void {
  switch (mutant) {
    case "stores repeats again":
      return replace(RecentAppends.prototype, "find", () => () => undefined);
    case "opens children before the close commits":
      return replaceGetter(replicaPrototype(), "closed", (isClosed) => {
        return function closing(this: ReplicaContract) {
          return isClosed.call(this) || (this.role === "leading" && !this.canAppend());
        };
      });
    case "keeps cancelled timers":
      return replace(SimulatedProcess.prototype, "setTimer", (setTimer) => {
        return function settingTimer(this: SimulatedProcess, delayMs, callback) {
          let isCancelled = false;
          setTimer.call(this, delayMs, () => void (isCancelled || callback()));
          return { cancel: () => void (isCancelled = true) };
        };
      });
    case "writes under no election":
      return replace(EtcdClient.prototype, "transact", (transact) => {
        return function unguarded(this: EtcdClient, transaction) {
          const isElection = transaction.conditions.some(
            (condition) => "createdRevision" in condition && condition.createdRevision === 0,
          );
          return transact.call(this, isElection ? transaction : { ...transaction, conditions: [] });
        };
      });
    case "drained nodes lead":
      return replace(NodeRegistry.prototype, "mayLead", () => {
        return function mayLead(this: NodeRegistry, nodeId) {
          return this.isWell(nodeId);
        };
      });
    case "moves into occupied zones":
      return changeNodes((node) => ({ ...node, zone: node.nodeId }));
    case "replaces no dead nodes":
      return changeNodes((node) => ({ ...node, leaves: node.leaves === "replacement" ? undefined : node.leaves }));
    default:
      return () => undefined;
  }
}

/** Changes nodes as the placement of replicas sees them, until the answer is called. */
function changeNodes(change: (node: MoveNode) => MoveNode): () => void {
  return replace(ReplicaMover.prototype, "source", (source) => {
    return function changedSource(this: ReplicaMover) {
      const real = source.call(this);
      return { ...real, nodes: real.nodes.map(change) };
    };
  });
}

/** What all replicas share. */
function replicaPrototype(): ReplicaContract {
  const state = initialReplicaState(1, "any", 0, []);
  const any = createReplica({
    nodeId: "any",
    boot: 1,
    state,
    logEnd: 0,
    lastFrameEpoch: 0,
    lastArrivalMs: 0,
    closed: false,
  });
  return Object.getPrototypeOf(any) as ReplicaContract;
}

/** Puts a method made from the real one in its place, until the answer is called. */
function replace<Part extends object, Name extends keyof Part>(
  part: Part,
  name: Name,
  make: (real: Part[Name]) => Part[Name],
): () => void {
  const real = Object.getOwnPropertyDescriptor(part, name);
  Object.defineProperty(part, name, { value: make(part[name]), configurable: true });
  return () => void (real === undefined || Object.defineProperty(part, name, real));
}

/** As {@link replace}, of what is read like a field. */
function replaceGetter<Part extends object, Name extends keyof Part>(
  part: Part,
  name: Name,
  make: (real: (this: Part) => Part[Name]) => (this: Part) => Part[Name],
): () => void {
  const real = Object.getOwnPropertyDescriptor(part, name);
  if (real?.get === undefined) throw new Error(`${String(name)} is no getter`);
  Object.defineProperty(part, name, { ...real, get: make(real.get as (this: Part) => Part[Name]) });
  return () => void Object.defineProperty(part, name, real);
}
