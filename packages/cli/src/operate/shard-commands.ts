/** `millrace shard …`: where a shard's copies are, moving one, and comparing them frame by frame. */
import { ServiceError } from "@millrace/base";
import type { ShardView } from "@millrace/coordinator";
import { callCoordinator, callWithNames, findNode } from "./call-coordinator.ts";
import { shardTable } from "./cluster-commands.ts";
import { findCluster, type ClusterOptions } from "./find-coordinator.ts";
import { verifyShard } from "./verify-shard.ts";

const POLL_MS = 500;

/** How a shard is named. */
export interface ShardOptions extends ClusterOptions {
  readonly account?: string;
  readonly region?: string;
}

/** Prints one shard, or all of the stream. */
export async function inspectShards(stream: string, shardId: string | undefined, options: ShardOptions): Promise<void> {
  const cluster = findCluster(options);
  const shards = await callCoordinator(cluster, "shard.list", addressOf(stream, shardId, options));
  const { nodes } = await callCoordinator(cluster, "cluster.status", {});
  process.stdout.write(options.json ? `${JSON.stringify(shards)}\n` : shardTable(cluster, nodes, shards));
}

/** Moves one copy to another node; with `--wait` stays until it is there. */
export async function moveShard(
  stream: string,
  shardId: string,
  options: ShardOptions & {
    readonly to: string;
    readonly from?: string;
    readonly wait: boolean;
    readonly timeout: number;
  },
): Promise<void> {
  const cluster = findCluster(options);
  const { nodes } = await callCoordinator(cluster, "cluster.status", {});
  const to = findNode(cluster, nodes, options.to).nodeId;
  const from = options.from === undefined ? {} : { from: findNode(cluster, nodes, options.from).nodeId };
  const address = addressOf(stream, shardId, options);
  let shard = await callWithNames(cluster, nodes, "shard.move", { ...address, shardId, to, ...from });
  const giveUpMs = performance.now() + options.timeout * 1000;
  while (options.wait && shard.move !== undefined) {
    if (performance.now() > giveUpMs) throw new ServiceError("DEADLINE", "the copy is still on its way");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const [now] = await callCoordinator(cluster, "shard.list", address);
    shard = now ?? shard;
  }
  if (options.wait && shard.copies.every((copy) => copy.nodeId !== to)) {
    throw new ServiceError("UNAVAILABLE", "the move was given up; millrace cluster status says how the nodes are");
  }
  process.stdout.write(options.json ? `${JSON.stringify(shard)}\n` : shardTable(cluster, nodes, [shard]));
}

/** Lets a copy that has stopped itself go on. */
export async function resumeShard(
  stream: string,
  shardId: string,
  options: ShardOptions & { readonly node: string; readonly keepLog: boolean },
): Promise<void> {
  const cluster = findCluster(options);
  const { nodes } = await callCoordinator(cluster, "cluster.status", {});
  const { nodeId } = findNode(cluster, nodes, options.node);
  const { keepLog } = options;
  const asked = { ...addressOf(stream, shardId, options), shardId, nodeId, keepLog };
  const shard = await callWithNames(cluster, nodes, "shard.resume", asked);
  process.stdout.write(options.json ? `${JSON.stringify(shard)}\n` : shardTable(cluster, nodes, [shard]));
}

/** Reads every frame of every copy and compares them. Fails when a copy differs, is damaged or cannot be read. */
export async function verifyShards(stream: string, shardId: string | undefined, options: ShardOptions): Promise<void> {
  const cluster = findCluster(options);
  const { nodes } = await callCoordinator(cluster, "cluster.status", {});
  const shards = await callCoordinator(cluster, "shard.list", addressOf(stream, shardId, options));
  const faults: string[] = [];
  for (const shard of shards.filter((each: ShardView) => each.state !== "dropping")) {
    const report = await verifyShard(shard, (nodeId) => nodes.find((node) => node.nodeId === nodeId)?.address);
    faults.push(...report.faults.map((fault) => `${shard.shardId}: ${fault}`));
    const words = `${report.copies} copies, ${report.frames} frames, ${report.bytes} bytes each`;
    const line = `${shard.shardId}: ${report.faults.length === 0 ? "equal" : "NOT EQUAL"} (${words})`;
    process.stdout.write(options.json ? `${JSON.stringify({ shardId: shard.shardId, ...report })}\n` : `${line}\n`);
  }
  if (faults.length > 0) throw new ServiceError("DAMAGED", faults.join("; "));
}

function addressOf(
  stream: string,
  shardId: string | undefined,
  { account, region }: ShardOptions,
): { stream: string; shardId?: string; accountId?: string; region?: string } {
  return {
    stream,
    ...(shardId === undefined ? {} : { shardId }),
    ...(account === undefined ? {} : { accountId: account }),
    ...(region === undefined ? {} : { region }),
  };
}
