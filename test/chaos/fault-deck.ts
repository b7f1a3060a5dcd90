/** Every kind of fault, and the order in which a seed draws them. */
import { corruptJournal, deleteIndex, emptyDisk, fillDisk, truncateJournal } from "./disk-faults.ts";
import { shuffled, type FaultWorld } from "./fault-world.ts";
import { flap, isolateNode, oneWay, partCoordinator, partPair, slowDown } from "./network-faults.ts";
import { reshard, stepClock } from "./other-faults.ts";
import { killAll, killOne, killTwoNodes, pauseOne } from "./process-faults.ts";

/** One kind of fault. */
export interface FaultKind {
  readonly name: string;
  /** Destroys bytes, so that nothing else may be wrong meanwhile. */
  readonly alone?: boolean;
  /** Why it cannot be done here; undefined when it can. */
  readonly absent?: (world: FaultWorld) => string | undefined;
  readonly run: (world: FaultWorld) => Promise<void>;
}

const noClocks = (world: FaultWorld): string | undefined =>
  world.clocks === undefined ? "libfaketime is not installed" : undefined;
const noDisks = (world: FaultWorld): string | undefined =>
  world.disks.size === 0 ? "file systems cannot be mounted here" : undefined;

/** Drawn one after another. */
export const mainFaults: readonly FaultKind[] = [
  { name: "SIGKILL of a storage node", run: (world) => killOne(world, "storage-node") },
  { name: "SIGKILL of the coordinator", run: (world) => killOne(world, "coordinator") },
  { name: "SIGKILL of two storage nodes", run: killTwoNodes },
  { name: "SIGKILL of every process", run: killAll },
  { name: "SIGSTOP of a storage node", run: (world) => pauseOne(world, "storage-node") },
  { name: "SIGSTOP of the coordinator", run: (world) => pauseOne(world, "coordinator") },
  { name: "partition of two nodes", run: partPair },
  { name: "isolated node", run: isolateNode },
  { name: "one-way partition", run: oneWay },
  { name: "partition from the coordinator", run: partCoordinator },
  { name: "flapping link", run: flap },
  { name: "full disk", absent: noDisks, run: fillDisk },
  { name: "corrupted journal", alone: true, run: corruptJournal },
  { name: "truncated journal", alone: true, run: truncateJournal },
  { name: "deleted index", alone: true, run: deleteIndex },
  { name: "emptied disk", alone: true, run: emptyDisk },
];

/** Drawn beside the main ones. */
export const sideFaults: readonly FaultKind[] = [
  { name: "SIGKILL of a gateway", run: (world) => killOne(world, "gateway") },
  { name: "SIGSTOP of a gateway", run: (world) => pauseOne(world, "gateway") },
  { name: "slow or delayed links of a node", run: slowDown },
  { name: "clock step", absent: noClocks, run: stepClock },
  { name: "split or merge", run: reshard },
];

/** The kinds in an order drawn anew each time all have been drawn. */
export function* endlessDeck(world: FaultWorld, kinds: readonly FaultKind[]): Generator<FaultKind, void> {
  while (kinds.length > 0) yield* shuffled(world.random, kinds);
}
