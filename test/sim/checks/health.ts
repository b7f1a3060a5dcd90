/** What operators see once faults are over: everything led and at three copies, nothing on its way, drained nodes without leaders. */
import type { ClusterView } from "@millrace/coordinator";
import { nodeOn, type Operator } from "../clients/operator.ts";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";

/** Nodes that are dead are replaced after at most half a minute, and what was begun with a dead node is given up after a whole. */
const HEALTH_LIMIT_MS = 180_000;
const DRAIN_LIMIT_MS = 30_000;
/** Long enough for a learner that became a member to come by what it lacked, and for several rounds of the placement. */
const REST_MS = 10_000;

/** The cluster says that it is healthy, every decommissioned node is empty, and all that should go has gone. */
export async function requireHealth(cluster: SimulatedCluster, operator: Operator): Promise<void> {
  let reasons: readonly string[] = ["no status"];
  const isHealthy = (view: ClusterView): boolean => {
    const busy = view.nodes.filter(({ duty, replicas }) => duty === "decommissioning" && replicas === 0);
    const kept = view.nodes.filter(
      ({ nodeId, alive, duty }) => alive && duty !== "decommissioned" && cluster.checks.hasTombstones(nodeId),
    );
    reasons = [
      ...view.reasons,
      ...busy.map(({ nodeId }) => `${nodeId} is empty and not decommissioned`),
      ...kept.map(({ nodeId }) => `${nodeId} holds what it should have dropped`),
    ];
    return reasons.length === 0;
  };
  if (await operator.until(isHealthy, HEALTH_LIMIT_MS)) return;
  throw new Error(`the cluster does not become healthy: ${reasons.join("; ")}`);
}

/**
 * Nothing has moved or been dropped for a while. Shards whose retention ends free places, which the balance of replicas
 * then fills, at any time and with no fault: in the middle of a move a learner rightly lies beside its set.
 */
export async function requireRest(cluster: SimulatedCluster): Promise<void> {
  const { simulation, checks } = cluster;
  let restlessMs = simulation.nowMs;
  const isAtRest = (): boolean => {
    const nodes = cluster.ofRole("storage-node").filter((machine) => !machine.isGone);
    const isOwed = nodes.some((machine) => {
      const node = checks.nodeAt(cluster.addressOf(machine));
      return node !== undefined && node.duty !== "decommissioned" && checks.hasTombstones(node.nodeId);
    });
    if (isOwed || checks.hasMoves) restlessMs = simulation.nowMs;
    return simulation.nowMs >= restlessMs + REST_MS;
  };
  if (!(await simulation.until(isAtRest, HEALTH_LIMIT_MS))) throw new Error("replicas do not stop moving");
}

/** Drains a node, which then leads nothing, and takes it back. */
export async function requireDrain(cluster: SimulatedCluster, operator: Operator): Promise<void> {
  const { dice } = cluster.simulation;
  const members = cluster
    .ofRole("storage-node")
    .filter((each) => !each.isGone && cluster.checks.nodeAt(cluster.addressOf(each))?.duty === undefined);
  const machine = dice.forConcern("last drain").pick(members);
  if (machine === undefined) throw new Error("no storage node is a full member");
  operator.change(machine, "node.drain");
  const isDrained = (view: ClusterView): boolean => {
    const node = nodeOn(view, machine);
    return node?.duty === "draining" && node.leaders === 0;
  };
  if (!(await operator.until(isDrained, DRAIN_LIMIT_MS))) throw new Error(`${machine.name} is drained and still leads`);
  const nodeId = cluster.checks.nodeAt(cluster.addressOf(machine))?.nodeId;
  const led = cluster.checks.shards.filter(({ leader }) => leader === nodeId);
  if (led.length > 0) throw new Error(`${machine.name} is drained and leads shard ${led[0]?.shardUid}`);
  operator.change(machine, "node.undrain");
  await requireHealth(cluster, operator);
}
