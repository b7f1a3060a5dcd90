/** How full the queues of storage nodes may be: never above what they are configured to hold, and empty when nobody asks for anything. */
import type { QueueDepths } from "../cluster/silent-metrics.ts";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";

const LOOK_EVERY_MS = 250;
const EMPTY_LIMIT_MS = 30_000;

/** Looks at the queues of every storage node again and again. */
export function watchQueues(cluster: SimulatedCluster, limits: Readonly<Record<string, number>>): void {
  const { simulation } = cluster;
  simulation.after(LOOK_EVERY_MS, undefined, () => {
    for (const [name, depths] of cluster.queueDepths()) {
      for (const [queue, limit] of Object.entries(limits)) {
        const depth = depths.get(queue);
        if (depth === undefined) simulation.violate(new Error(`${name} does not tell how full ${queue} is`));
        else if (depth > limit) simulation.violate(new Error(`${name} holds ${depth} in ${queue}, more than ${limit}`));
        else if (depth > 0) simulation.happened(`queue in use: ${queue}`);
      }
    }
    watchQueues(cluster, limits);
  });
}

/** Nobody puts anything any more: what was taken on behalf of puts must have been given back. */
export async function requireEmptyQueues(cluster: SimulatedCluster): Promise<void> {
  const full = (): string[] => [...cluster.queueDepths()].flatMap(([name, depths]) => describeFull(name, depths));
  if (await cluster.simulation.until(() => full().length === 0, EMPTY_LIMIT_MS)) return;
  throw new Error(`queues do not become empty: ${full().join("; ")}`);
}

function describeFull(name: string, depths: QueueDepths): string[] {
  return [...depths].flatMap(([queue, depth]) => (depth === 0 ? [] : [`${name} ${queue} ${depth}`]));
}
