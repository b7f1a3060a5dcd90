/**
 * Which nodes hold a new shard: one in each of as many zones as there are copies, the least loaded first. The same
 * nodes and counts always give the same answer.
 */

/** A node that can take replicas now: it is alive and has disk space. */
export interface PlacementNode {
  readonly nodeId: string;
  readonly zone: string;
  readonly replicaCount: number;
  readonly leaderCount: number;
}

/** Where a shard goes. `members` are in order of node id. */
export interface Placement {
  readonly members: readonly PlacementNode[];
  readonly leader: string;
}

/**
 * Places one shard per element of the answer on `nodes`, counting each placement before the next. Undefined when fewer
 * than `replicationFactor` zones have a node: a shard is never placed with two copies in one zone.
 */
export function placeReplicas(
  nodes: readonly PlacementNode[],
  replicationFactor: number,
  shardCount: number,
): readonly Placement[] | undefined {
  const loads = new Map(nodes.map((node) => [node.nodeId, { ...node }]));
  const zones = groupByZone(loads.values());
  if (zones.size < replicationFactor) return undefined;
  const placements: Placement[] = [];
  for (let placed = 0; placed < shardCount; placed += 1) {
    const chosen = [...zones.values()]
      .map((zone) => least(zone, (node) => node.replicaCount))
      .sort((a, b) => a.replicaCount - b.replicaCount || compareIds(a, b))
      .slice(0, replicationFactor)
      .sort(compareIds);
    const leader = least(chosen, (node) => node.leaderCount);
    for (const node of chosen) node.replicaCount += 1;
    leader.leaderCount += 1;
    placements.push({ members: chosen.map((node) => ({ ...node })), leader: leader.nodeId });
  }
  return placements;
}

function least<T extends PlacementNode>(nodes: readonly T[], load: (node: T) => number): T {
  return nodes.reduce((best, node) => {
    const difference = load(node) - load(best) || compareIds(node, best);
    return difference < 0 ? node : best;
  });
}

function compareIds(a: PlacementNode, b: PlacementNode): number {
  return a.nodeId < b.nodeId ? -1 : a.nodeId > b.nodeId ? 1 : 0;
}

function groupByZone<T extends PlacementNode>(nodes: Iterable<T>): Map<string, T[]> {
  const zones = new Map<string, T[]>();
  for (const node of nodes) {
    const zone = zones.get(node.zone);
    if (zone === undefined) zones.set(node.zone, [node]);
    else zone.push(node);
  }
  return zones;
}
