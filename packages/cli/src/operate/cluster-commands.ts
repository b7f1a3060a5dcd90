/** `millrace cluster …`: how the whole cluster is. */
import { ServiceError } from "@millrace/base";
import type { ClusterView, FinalizedVersion, NodeView, ShardView } from "@millrace/coordinator";
import { callCoordinator, callWithNames, namedNode, nameOf, withNames } from "./call-coordinator.ts";
import { findCluster, type ClusterAddress, type ClusterOptions } from "./find-coordinator.ts";
import { hiddenWords, isGone, nodeTable } from "./node-commands.ts";
import { countOf, textTable } from "./text-table.ts";

const POLL_MS = 500;

/** Prints figures, nodes, and the shards that need attention. */
export async function clusterStatus(options: ClusterOptions): Promise<void> {
  const cluster = findCluster(options);
  const view = await callCoordinator(cluster, "cluster.status", {});
  process.stdout.write(options.json ? `${JSON.stringify(named(cluster, view))}\n` : statusScreen(cluster, view));
}

/** The view with names of nodes beside their ids, and in the place of them in sentences. */
function named(cluster: ClusterAddress, view: ClusterView): ClusterView {
  const reasons = view.reasons.map((reason) => withNames(cluster, view.nodes, reason));
  return { ...view, nodes: view.nodes.map((node) => namedNode(cluster, node)), reasons };
}

/** Ends well when the cluster is healthy, else fails with the reasons; with `--wait` only after the timeout. */
export async function clusterHealth(
  options: ClusterOptions & { readonly wait: boolean; readonly timeout: number },
): Promise<void> {
  const cluster = findCluster(options);
  const giveUpMs = performance.now() + options.timeout * 1000;
  for (;;) {
    const view = await health(cluster, options.wait);
    const isLast = !options.wait || performance.now() > giveUpMs;
    if (view.healthy || isLast) {
      if (options.json) process.stdout.write(`${JSON.stringify(view)}\n`);
      else if (view.healthy) process.stdout.write("healthy\n");
      if (!view.healthy) throw new ServiceError("NOT_READY", `not healthy: ${view.reasons.join("; ")}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** While waiting, a coordinator that does not answer yet is one more reason. */
async function health(cluster: ClusterAddress, wait: boolean): Promise<Pick<ClusterView, "healthy" | "reasons">> {
  try {
    const { healthy, reasons, nodes } = await callCoordinator(cluster, "cluster.status", {});
    return { healthy, reasons: reasons.map((reason) => withNames(cluster, nodes, reason)) };
  } catch (thrown) {
    const error = ServiceError.from(thrown);
    if (!wait || error.code !== "UNAVAILABLE") throw error;
    return { healthy: false, reasons: [error.message] };
  }
}

function statusScreen(cluster: ClusterAddress, view: ClusterView): string {
  const figures = [
    `cluster ${view.clusterId}, coordinator term ${view.coordinatorTerm}`,
    `${countOf(view.streams, "stream")}, ${countOf(view.shards, "shard")} of ` +
      `${countOf(view.replicationFactor, "copy", "copies")}: ` +
      `${view.leaderless} without a leader, ${view.underReplicated} short of copies, ${view.moving} moving`,
    protocolWords(cluster, view),
    view.healthy ? "healthy" : withNames(cluster, view.nodes, `not healthy: ${view.reasons.join("; ")}`),
  ];
  const shards = view.attention.length === 0 ? "" : `\n${shardTable(cluster, view.nodes, view.attention)}`;
  const present = view.nodes.filter((node) => !isGone(node));
  const gone = view.nodes.length - present.length;
  const nodes = nodeTable(cluster, present) + (gone === 0 ? "" : `${hiddenWords(gone)}\n`);
  return `${figures.join("\n")}\n\n${nodes}${shards}`;
}

/** What an operator has to know about versions. */
function protocolWords(cluster: ClusterAddress, view: ClusterView): string {
  const { protocolVersion, protocolVersionMax, protocolVersionMissing } = view;
  const now = `protocol version ${protocolVersion}`;
  if (protocolVersion >= protocolVersionMax) return now;
  if (protocolVersionMissing.length === 0) return `${now}; all speak ${protocolVersionMax}: millrace cluster finalize`;
  const missing = protocolVersionMissing.map((member) => memberName(cluster, view.nodes, member));
  return `${now}; ${protocolVersionMax} waits for ${missing.join(", ")}`;
}

function memberName(cluster: ClusterAddress, nodes: readonly NodeView[], member: string): string {
  const nodeId = member.startsWith("node ") ? member.slice("node ".length) : undefined;
  return nodeId === undefined ? member : nameOf(cluster, nodes, nodeId);
}

/** Puts what is new in the newest protocol version of the coordinator to use, for good. */
export async function finalizeCluster(options: ClusterOptions): Promise<void> {
  const done = await finalize(findCluster(options));
  const { before, protocolVersion } = done;
  const words =
    before === protocolVersion
      ? `protocol version ${protocolVersion} is finalised already`
      : `protocol version ${protocolVersion} is finalised; before it was ${before}`;
  process.stdout.write(options.json ? `${JSON.stringify(done)}\n` : `${words}\n`);
}

async function finalize(cluster: ClusterAddress): Promise<FinalizedVersion> {
  const { nodes } = await callCoordinator(cluster, "cluster.status", {});
  return callWithNames(cluster, nodes, "cluster.finalize", {});
}

/** A table of shards with all their copies. */
export function shardTable(cluster: ClusterAddress, nodes: readonly NodeView[], shards: readonly ShardView[]): string {
  const name = (nodeId: string): string => nameOf(cluster, nodes, nodeId);
  const rows = shards.map((shard) => [
    shard.stream,
    shard.shardId,
    shard.configState === "active" ? shard.state : shard.configState,
    String(shard.epoch),
    shard.commitOffset === undefined ? "?" : String(shard.commitOffset),
    shard.copies.map((copy) => copyWords(name(copy.nodeId), copy)).join(", "),
    shard.move === undefined ? "" : `${name(shard.move.from)} -> ${name(shard.move.to)} (${shard.move.why})`,
  ]);
  return textTable([["STREAM", "SHARD", "STATE", "EPOCH", "COMMITTED", "COPIES", "MOVE"], ...rows]);
}

function copyWords(name: string, { role, recordsBehind, adopted, stopped }: ShardView["copies"][number]): string {
  if (stopped) return `${name} STOPPED`;
  if (role === "leader") return `${name} leads`;
  const lag = recordsBehind === undefined ? "?" : `${recordsBehind} behind`;
  const state = recordsBehind === 0 && adopted ? "level" : adopted ? lag : `${lag}, catching up`;
  return `${name} ${role === "learner" ? "learns, " : ""}${state}`;
}
