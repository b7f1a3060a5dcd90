/** Clocks that are wrong, and time that passes while nothing happens, so that records grow old within a run. */
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Dice } from "../world/dice.ts";
import type { Fault } from "./fault.ts";

const TEN_MINUTES_MS = 600_000;
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const LARGEST_DRIFT = 0.01;

/** The kinds of this file. */
export function clockFaults(cluster: SimulatedCluster, dice: Dice): Fault[] {
  const { simulation } = cluster;
  // Two clocks that agree are believed, and a reading is remembered for longer than a run: one machine only, for the whole run.
  let yearAhead: Machine | undefined;
  return [
    {
      name: "wrong clock",
      weight: 1,
      strike: () => {
        const machine = dice.pick(cluster.machines);
        if (machine === undefined) return;
        machine.wallErrorMs = dice.between(-TEN_MINUTES_MS, TEN_MINUTES_MS);
        if (dice.chance(0.25) && (yearAhead ??= machine) === machine) machine.wallErrorMs += YEAR_MS;
        machine.drift = dice.between(-LARGEST_DRIFT, LARGEST_DRIFT);
        simulation.transcript.tell(machine.name, `its clock is wrong by ${machine.wallErrorMs.toFixed(0)} ms`);
        simulation.happened("clock jump");
        // Drift begins with the next process: a running clock keeps its rate.
        if (machine.process !== undefined) machine.process.wallErrorMs = machine.wallErrorMs;
      },
      heal: () => {
        for (const machine of cluster.machines) {
          machine.wallErrorMs = 0;
          if (machine.process !== undefined) machine.process.wallErrorMs = 0;
        }
      },
    },
    {
      name: "hours pass",
      weight: 1.5,
      strike: () => {
        const hours = dice.between(2, 20);
        simulation.transcript.tell("world", `${hours.toFixed(1)} hours pass`);
        simulation.skip(hours * HOUR_MS);
      },
    },
  ];
}
