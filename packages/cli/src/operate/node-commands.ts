/** `millrace node …`: what runs, and what an operator decides about it. */
import { ServiceError } from "@millrace/base";
import type { ClusterView, NodeView } from "@millrace/coordinator";
import { callCoordinator, callWithNames, findNode, namedNode, nameOf } from "./call-coordinator.ts";
import { findCluster, type ClusterAddress, type ClusterOptions } from "./find-coordinator.ts";
import { countOf, inBytes, textTable } from "./text-table.ts";

const POLL_MS = 500;

/** Options of commands that begin something. */
export interface NodeOptions extends ClusterOptions {
  readonly wait: boolean;
  readonly timeout: number;
}

/** Prints every node that is not gone; with `--all` those that are, too. */
export async function listNodes(options: ClusterOptions & { readonly all: boolean }): Promise<void> {
  const cluster = findCluster(options);
  const { nodes } = await callCoordinator(cluster, "cluster.status", {});
  const listed = options.all ? nodes : nodes.filter((node) => !isGone(node));
  const hidden = nodes.length - listed.length;
  if (options.json) process.stdout.write(`${JSON.stringify(listed.map((node) => namedNode(cluster, node)))}\n`);
  else process.stdout.write(nodeTable(cluster, listed) + (hidden === 0 ? "" : `${hiddenWords(hidden)}\n`));
}

/** Decommissioned to the end. The coordinator remembers it for ever, so that it does not come back. */
export function isGone({ duty, replicas }: NodeView): boolean {
  return duty === "decommissioned" && replicas === 0;
}

/** What a table says of the nodes it leaves out. */
export function hiddenWords(count: number): string {
  return `not listed: ${countOf(count, "decommissioned node")} (millrace node list --all)`;
}

/** A table of nodes. */
export function nodeTable(cluster: ClusterAddress, nodes: readonly NodeView[]): string {
  const rows = nodes
    .map((node) => [
      nameOf(cluster, nodes, node.nodeId),
      node.nodeId,
      node.zone,
      node.address,
      stateOf(node),
      String(node.leaders),
      `${node.replicas}${node.arriving > 0 ? ` +${node.arriving}` : ""}${node.leaving > 0 ? ` -${node.leaving}` : ""}`,
      inBytes(node.storeBytes),
      inBytes(node.diskFreeBytes),
      String(node.protocolVersionMax),
    ])
    .toSorted((a, b) => (`${a[2]}${a[0]}` < `${b[2]}${b[0]}` ? -1 : 1));
  return textTable([
    ["NAME", "NODE", "ZONE", "ADDRESS", "STATE", "LEADS", "COPIES", "DATA", "FREE", "PROTOCOL"],
    ...rows,
  ]);
}

/** Begins a drain, ends one, or begins a decommission; with `--wait` stays until it is done. */
export async function changeNode(
  operation: "node.drain" | "node.undrain" | "node.decommission",
  which: string,
  options: NodeOptions,
): Promise<void> {
  const cluster = findCluster(options);
  const { nodes } = await callCoordinator(cluster, "cluster.status", {});
  const { nodeId } = findNode(cluster, nodes, which);
  let node = await callWithNames(cluster, nodes, operation, { nodeId });
  const giveUpMs = performance.now() + options.timeout * 1000;
  let told = "";
  for (let why = leftToDo(operation, node); options.wait && why !== ""; why = leftToDo(operation, node)) {
    if (performance.now() > giveUpMs) throw new ServiceError("DEADLINE", `${which} is not done: ${why}`);
    if (why !== told) process.stderr.write(`${why}\n`);
    told = why;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const status: ClusterView = await callCoordinator(cluster, "cluster.status", {});
    node = status.nodes.find((each) => each.nodeId === nodeId) ?? node;
  }
  process.stdout.write(options.json ? `${JSON.stringify(namedNode(cluster, node))}\n` : `${which}: ${stateOf(node)}\n`);
}

/** What still has to happen, in words; empty when all is done. */
function leftToDo(operation: string, { duty, leaders, replicas, leaving }: NodeView): string {
  if (operation === "node.drain") return leaders === 0 ? "" : `leads ${leaders} shards`;
  if (operation === "node.undrain" || duty === "decommissioned") return "";
  return `leads ${leaders} shards, holds ${replicas} copies, ${leaving} on their way`;
}

function stateOf({ alive, duty, stopping, belowDiskFloor, deadForMs }: NodeView): string {
  const life = alive ? (stopping ? "stopping" : "alive") : `dead for ${Math.round(deadForMs / 1000)} s`;
  const words = duty === "decommissioned" ? [duty] : [life, ...(duty === "member" ? [] : [duty])];
  return [...words, ...(belowDiskFloor ? ["disk full"] : [])].join(", ");
}
