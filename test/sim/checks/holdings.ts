/**
 * What a process holds for others: calls that it made and timers that it set. Whatever waits in a process waits for one of
 * the two, so a list of waiters that only grows shows here, in gateways and coordinators too, which have no queues.
 */
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";

const LOOK_EVERY_MS = 250;
/** Of either in one process. Two dozen is the most that any seed has shown with the few clients that there are. */
const HELD_MAX = 48;

/** Looks at every process that runs, again and again. */
export function watchHoldings(cluster: SimulatedCluster): void {
  const { simulation } = cluster;
  simulation.after(LOOK_EVERY_MS, undefined, () => {
    for (const { process } of cluster.machines) {
      if (process?.alive !== true) continue;
      for (const [what, count] of Object.entries({ calls: process.callsOpen, timers: process.timersSet }))
        if (count > HELD_MAX) simulation.violate(new Error(`${process.name} holds ${count} ${what}`));
    }
    watchHoldings(cluster);
  });
}
