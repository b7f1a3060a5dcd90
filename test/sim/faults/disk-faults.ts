/**
 * Disks that are slow, full, fail to sync or forget. Faults that destroy what was synced strike one zone of a cluster
 * only: two copies of three are what the product promises to need.
 */
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Dice } from "../world/dice.ts";
import { ORDINARY_SYNC_MAX_MS } from "../world/simulated-disk.ts";
import type { Fault } from "./fault.ts";

/** The kinds of this file. */
export function diskFaults(cluster: SimulatedCluster, dice: Dice): Fault[] {
  const { simulation } = cluster;
  const nodes = (): Machine[] => cluster.ofRole("storage-node").filter(({ isGone }) => !isGone);
  const tell = (machine: Machine, what: string): void => simulation.transcript.tell(machine.name, what);
  const later = (longestMs: number, work: () => void): void => {
    simulation.after(dice.between(50, longestMs), undefined, work);
  };
  const onSome = (strike: (machine: Machine) => void) => () => {
    const machine = dice.pick(nodes());
    if (machine !== undefined) strike(machine);
  };
  const onUnlucky = (strike: (machine: Machine) => void) => () => {
    const machine = dice.pick(nodes().filter(({ zone }) => zone === cluster.unluckyZone));
    if (machine !== undefined && cluster.mayLose(machine)) strike(machine);
  };
  return [
    {
      name: "slow disk",
      weight: 1,
      strike: onSome((machine) => {
        machine.disk.syncMaxMs = dice.between(20, 2000);
        tell(machine, `its disk takes up to ${machine.disk.syncMaxMs.toFixed(0)} ms to sync`);
        later(10_000, () => (machine.disk.syncMaxMs = ORDINARY_SYNC_MAX_MS));
      }),
      heal: () => {
        for (const { disk } of nodes()) disk.syncMaxMs = ORDINARY_SYNC_MAX_MS;
      },
    },
    {
      name: "full disk",
      weight: 0.7,
      strike: onSome((machine) => {
        tell(machine, "its disk is full");
        machine.disk.capacityBytes = machine.disk.usedBytes + dice.below(20_000);
        later(15_000, () => {
          machine.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
          cluster.start(machine);
        });
      }),
      heal: () => {
        for (const { disk } of nodes()) disk.capacityBytes = Number.MAX_SAFE_INTEGER;
      },
    },
    {
      name: "failed sync",
      weight: 1,
      strike: onSome((machine) => {
        tell(machine, "its next sync fails");
        machine.disk.failingSyncs = 1;
        later(10_000, () => cluster.start(machine));
      }),
      heal: () => {
        for (const { disk } of nodes()) disk.failingSyncs = 0;
      },
    },
    {
      name: "bit rot",
      weight: 1,
      strike: onUnlucky((machine) => {
        const where = machine.disk.rot();
        if (where !== undefined) tell(machine, `a bit turns in ${where}`);
        if (dice.chance(0.5)) return;
        cluster.kill(machine);
        later(5000, () => cluster.start(machine));
      }),
    },
    {
      name: "lost index",
      weight: 0.7,
      strike: onSome((machine) => {
        cluster.kill(machine);
        machine.disk.loseIndex();
        tell(machine, "its index is deleted");
        later(5000, () => cluster.start(machine));
      }),
    },
  ];
}
