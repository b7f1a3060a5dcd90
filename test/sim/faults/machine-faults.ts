/** Processes that die, machines that lose power, processes that stand still and go on as if nothing had been. */
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Dice } from "../world/dice.ts";
import type { Fault } from "./fault.ts";

const SLOWEST_STEP_MS = 25;

/** The kinds of this file. */
export function machineFaults(cluster: SimulatedCluster, dice: Dice): Fault[] {
  const { simulation } = cluster;
  const machines = (): Machine[] => cluster.machines.filter(({ isGone }) => !isGone);
  const startLater = (machine: Machine, longestMs: number): void => {
    simulation.after(dice.between(50, longestMs), undefined, () => cluster.start(machine));
  };
  const onSome = (strike: (machine: Machine) => void) => () => {
    const machine = dice.pick(machines());
    if (machine !== undefined) strike(machine);
  };
  return [
    {
      name: "kill",
      weight: 3,
      strike: onSome((machine) => {
        cluster.kill(machine);
        startLater(machine, 15_000);
      }),
    },
    {
      name: "power loss",
      weight: 3,
      strike: onSome((machine) => {
        cluster.losePower(machine);
        startLater(machine, 15_000);
      }),
    },
    {
      name: "power loss in a write",
      weight: 2,
      strike: onSome((machine) => {
        const strike = (): void => {
          cluster.losePower(machine);
          startLater(machine, 15_000);
        };
        machine.disk.afterWrites = { left: 1 + dice.below(20), strike };
      }),
      heal: () => {
        for (const { disk } of machines()) disk.afterWrites = undefined;
      },
    },
    {
      name: "power loss of all",
      weight: 0.3,
      strike: () => {
        for (const machine of machines()) {
          cluster.losePower(machine);
          startLater(machine, 5000);
        }
      },
    },
    {
      name: "crash in a loop",
      weight: 0.5,
      strike: onSome((machine) => {
        for (let round = 1; round <= 4; round += 1) {
          simulation.after(round * dice.between(100, 1500), undefined, () => {
            cluster.losePower(machine);
            startLater(machine, 300);
          });
        }
      }),
    },
    {
      name: "slow process",
      weight: 1,
      strike: onSome((machine) => {
        const { process } = machine;
        if (process === undefined) return;
        process.busyMs = dice.between(1, SLOWEST_STEP_MS);
        simulation.transcript.tell(machine.name, `takes ${process.busyMs.toFixed(0)} ms for every step`);
        simulation.after(dice.between(500, 10_000), undefined, () => void (process.busyMs = 0));
      }),
      heal: () => {
        for (const { process } of machines()) if (process !== undefined) process.busyMs = 0;
      },
    },
    {
      name: "pause",
      weight: 2,
      strike: onSome((machine) => {
        cluster.pause(machine);
        simulation.after(dice.between(100, 20_000), undefined, () => cluster.resume(machine));
      }),
    },
  ];
}
