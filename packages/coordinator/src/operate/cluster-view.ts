/** The cluster's tables and reports as operators see them. Reads only. */
import { formatShardId } from "@millrace/model";
import { rangeOfFields, spokenProtocol } from "@millrace/rpc";
import type { NodeRegistry } from "../service/node-registry.ts";
import type { ShardReports } from "../service/shard-reports.ts";
import type { NodeRecord, ShardRecord } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import { finalizedVersion, membersWithout, type MapFollower } from "./finalize-version.ts";
import type { ClusterView, NodeView, ShardView } from "./operate-contract.ts";

/** What views are made from. */
export interface ViewSources {
  readonly tables: ClusterTables;
  readonly registry: NodeRegistry;
  readonly reports: ShardReports;
  readonly replicationFactor: number;
  /** Copies that should move and have nowhere to go, by their zone. */
  readonly stuck: () => ReadonlyMap<string, number>;
  /** Who follows the cluster map. */
  readonly followers: () => readonly MapFollower[];
}

/** Shards named one by one in a status. */
const ATTENTION_MAX = 20;

/** One node. */
export function nodeView(sources: ViewSources, node: NodeRecord): NodeView {
  const { tables, registry } = sources;
  const { nodeId, zone, address, duty = "member" } = node;
  const session = registry.sessions.get(nodeId);
  const moves = [...tables.changingShards].map((shardUid) => tables.shards.get(shardUid)?.pending);
  return {
    nodeId,
    zone,
    address,
    duty,
    alive: registry.isUp(nodeId),
    stopping: registry.isStopping(nodeId),
    belowDiskFloor: session?.belowDiskFloor === true,
    leaders: tables.leaderCount(nodeId),
    replicas: tables.shardsOnNode(nodeId).size,
    arriving: moves.filter((move) => move?.add.nodeId === nodeId).length,
    leaving: moves.filter((move) => move?.remove.nodeId === nodeId).length,
    deadForMs: registry.deadForMs(nodeId),
    storeBytes: session?.storeBytes ?? 0,
    diskFreeBytes: session?.diskFreeBytes ?? 0,
    protocolVersionMax: rangeOfFields(node).max,
  };
}

/** One shard. */
export function shardView({ tables, reports }: ViewSources, record: ShardRecord): ShardView {
  const stream = tables.streams.get(record.streamUid);
  const report = reports.of(record);
  const copies = reports.copies(record);
  const { pending } = record;
  return {
    stream: stream?.name ?? "",
    accountId: stream?.accountId ?? "",
    region: stream?.region ?? "",
    shardId: formatShardId(record.shardIndex),
    shardUid: record.shardUid,
    state: record.state,
    configState: record.configState,
    epoch: record.epoch,
    leader: record.leader,
    logStart: report?.logStart,
    commitOffset: report?.commitOffset,
    copies,
    move: pending && {
      from: pending.remove.nodeId,
      to: pending.add.nodeId,
      why: pending.why,
      recordsBehind: copies.at(-1)?.recordsBehind,
    },
  };
}

/** Everything at once. */
export function clusterView(sources: ViewSources): ClusterView {
  const { tables, registry, reports, replicationFactor } = sources;
  const nodes = [...tables.nodes.values()].map((node) => nodeView(sources, node));
  const attention: ShardView[] = [];
  const streamName = ({ streamUid }: ShardRecord): string => tables.streams.get(streamUid)?.name ?? "";
  let leaderless = 0;
  let underReplicated = 0;
  const stopped: string[] = [];
  for (const record of tables.shards.values()) {
    if (record.state === "dropping") continue;
    const isLed = record.configState === "active" && registry.isUp(record.leader);
    const isWhole = isLed && reports.isWhole(record) && record.set.every((member) => registry.isUp(member.nodeId));
    for (const copy of reports.copies(record)) {
      if (copy.stopped) stopped.push(`${streamName(record)} ${record.shardIndex} on node ${copy.nodeId}`);
    }
    if (!isLed) leaderless += 1;
    if (!isWhole) underReplicated += 1;
    const isOfInterest = !isWhole || record.pending !== undefined;
    if (isOfInterest && attention.length < ATTENTION_MAX) attention.push(shardView(sources, record));
  }
  const moving = tables.changingShards.size;
  const reasons = [
    ...nodes
      .filter((node) => !node.alive && node.replicas > 0)
      .map(({ nodeId }) => `node ${nodeId} is dead: start it, or give it up with millrace node decommission ${nodeId}`),
    // A coordinator that has just begun takes nodes for alive until they have had the time to report.
    ...nodes
      .filter(({ nodeId, alive, replicas }) => alive && replicas > 0 && !registry.sessions.has(nodeId))
      .map(({ nodeId }) => `node ${nodeId} has not been heard of since this coordinator began`),
    ...(leaderless > 0 ? [`${leaderless} shards have no leader`] : []),
    ...(underReplicated > 0 ? [`${underReplicated} shards have fewer than ${replicationFactor} level copies`] : []),
    ...stopped.slice(0, ATTENTION_MAX).map((copy) => `the copy of ${copy} is stopped: see millrace shard resume`),
    ...(moving > 0 ? [`${moving} replicas move`] : []),
    ...nodes
      .filter(({ duty, replicas }) => duty === "decommissioning" && replicas > 0)
      .map(({ nodeId, replicas }) => `node ${nodeId} still holds ${replicas} replicas`),
    ...zoneFaults(sources),
  ];
  const { clusterId, coordinatorTerm } = tables.cluster;
  const { max: newest } = spokenProtocol();
  return {
    clusterId,
    coordinatorTerm,
    replicationFactor,
    protocolVersion: finalizedVersion(tables.cluster),
    protocolVersionMax: newest,
    protocolVersionMissing: membersWithout(newest, tables, sources.followers()),
    nodes,
    streams: tables.streams.size,
    shards: tables.shards.size,
    leaderless,
    underReplicated,
    attention,
    moving,
    healthy: reasons.length === 0,
    reasons,
  };
}

/** Copies of a shard never share a zone, so what is missing is said rather than made up for. */
function zoneFaults({ tables, registry, replicationFactor, stuck }: ViewSources): string[] {
  const zones = new Set<string>();
  for (const { nodeId, zone } of tables.nodes.values()) if (registry.mayLead(nodeId)) zones.add(zone);
  const faults: string[] = [];
  if (zones.size < replicationFactor) {
    const present = [...zones].sort().join(", ") || "none";
    const missing = `nodes are needed in ${replicationFactor} zones, and there are some in ${zones.size} (${present})`;
    const drains = [...tables.nodes.values()].filter(
      ({ nodeId, zone, duty }) => duty === "draining" && !zones.has(zone) && registry.isWell(nodeId),
    );
    const drained = new Set(drains.map(({ zone }) => zone));
    const advice = drains.map(
      ({ nodeId, zone }) =>
        `node ${nodeId} in zone ${zone} is draining, which ends with millrace node undrain ${nodeId}`,
    );
    if (zones.size + drained.size < replicationFactor) advice.push("start one in another zone");
    faults.push(`${missing}: ${advice.join(", ")}`);
  }
  for (const [zone, count] of stuck()) {
    faults.push(`${count} replicas must leave zone ${zone} and no other node can take them: add one in that zone`);
  }
  return faults;
}
