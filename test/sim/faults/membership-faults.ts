/** Machines that are lost for good, emptied, added, drained and decommissioned in the middle of everything else. */
import type { Operator } from "../clients/operator.ts";
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Dice } from "../world/dice.ts";
import type { Fault } from "./fault.ts";

/** Machines that a run may add, and nodes that it may take away for good. */
const ADDED_MAX = 4;
const REMOVED_MAX = 2;

/** The kinds of this file. What destroys data strikes `cluster.unluckyZone` only. */
export function membershipFaults(cluster: SimulatedCluster, dice: Dice, operator: Operator): Fault[] {
  const { simulation } = cluster;
  const nodes = (zone?: string): Machine[] =>
    cluster.ofRole("storage-node").filter((node) => !node.isGone && (zone === undefined || node.zone === zone));
  let added = 0;
  let removed = 0;
  const drained = new Set<Machine>();
  let healed = false;
  const leaving = new Set<Machine>();
  const add = (zone: string): void => {
    added += 1;
    cluster.start(cluster.addStorageNode(zone));
  };
  return [
    {
      name: "machine lost for good",
      weight: 0.7,
      strike: () => {
        const machine = dice.pick(nodes(cluster.unluckyZone));
        if (machine === undefined || added >= ADDED_MAX || removed >= REMOVED_MAX) return;
        if (!cluster.mayLose(machine)) return;
        removed += 1;
        cluster.lose(machine);
        simulation.after(dice.between(0, 20_000), undefined, () => add(machine.zone));
      },
    },
    {
      name: "emptied disk",
      weight: 0.5,
      strike: () => {
        const machine = dice.pick(nodes(cluster.unluckyZone));
        if (machine === undefined || removed >= REMOVED_MAX) return;
        if (!cluster.mayLose(machine)) return;
        removed += 1;
        cluster.empty(machine);
        simulation.after(dice.between(0, 20_000), undefined, () => cluster.start(machine));
      },
    },
    {
      name: "added machine",
      weight: 0.5,
      strike: () => {
        const zone = dice.pick(["a", "b", "c"]) ?? "a";
        if (added < ADDED_MAX) add(zone);
      },
    },
    {
      name: "drained node",
      weight: 1,
      strike: () => {
        const machine = dice.pick(nodes().filter((node) => !leaving.has(node)));
        if (machine === undefined) return;
        operator.change(machine, "node.drain");
        drained.add(machine);
        simulation.after(dice.between(2000, 30_000), undefined, () => {
          if (!healed) operator.change(machine, "node.undrain");
        });
      },
      // Also of those that were to be decommissioned: nobody may have heard of that.
      heal: () => {
        healed = true;
        for (const machine of drained) if (!machine.isGone) operator.insistOnUndrain(machine);
      },
    },
    {
      name: "decommissioned node",
      weight: 0.7,
      strike: () => {
        const machine = dice.pick(nodes().filter(({ zone }) => nodes(zone).length > 1));
        if (machine === undefined || removed >= REMOVED_MAX) return;
        removed += 1;
        leaving.add(machine);
        operator.change(machine, "node.decommission");
      },
    },
  ];
}
