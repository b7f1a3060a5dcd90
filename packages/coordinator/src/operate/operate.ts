/** Carries operators' commands out. Every change is computed on the single writer; what follows happens in the background. */
import { fewOf, ServiceError } from "@millrace/base";
import { formatShardId } from "@millrace/model";
import { spokenProtocol } from "@millrace/rpc";
import { candidates, type PlannedMove } from "../placement/plan-moves.ts";
import type { ReplicaMover } from "../service/replica-mover.ts";
import type { ReplicaCalls } from "../service/replica-calls.ts";
import type { StateWriter } from "../service/state-writer.ts";
import type { ClusterState, NodeRecord, ShardRecord, StateChange, StreamRecord } from "../state/cluster-state.ts";
import { finalizedVersion, finalizeVersion } from "./finalize-version.ts";
import { clusterView, nodeView, shardView, type ViewSources } from "./cluster-view.ts";
import type {
  NodeView,
  Operations,
  ShardAddress,
  ShardMove,
  ShardResume,
  ShardView,
  StreamBackup,
  StreamRestore,
} from "./operate-contract.ts";
import { abandonRestore, beginRestore, finishRestore, type RestoreStep } from "./restore-stream.ts";

/** Storage nodes of version 1 do not know the call. */
const RESUME_SINCE_VERSION = 2;

/** What commands work with. */
export interface OperateParts {
  readonly views: ViewSources;
  readonly writer: StateWriter;
  readonly mover: ReplicaMover;
  readonly calls: ReplicaCalls;
  readonly nowMs: () => number;
}

/** Answers a command. Rejects with USAGE when it cannot be done, and says why. */
export async function operate(parts: OperateParts, operation: string, input: unknown): Promise<unknown> {
  switch (operation as keyof Operations) {
    case "cluster.status":
      return clusterView(parts.views);
    case "cluster.finalize":
      return parts.writer.submit("client", (state) =>
        finalizeVersion(spokenProtocol().max, state, parts.views.followers()),
      );
    case "node.drain":
      return changeDuty(parts, textOf(input, "nodeId"), "draining");
    case "node.undrain":
      return changeDuty(parts, textOf(input, "nodeId"), undefined);
    case "node.decommission":
      return decommission(parts, textOf(input, "nodeId"));
    case "shard.list":
      return findShards(parts, addressOf(input)).map((shard) => shardView(parts.views, shard));
    case "stream.export":
      return exportStream(parts, addressOf(input));
    case "stream.beginRestore":
      return restore(parts, (state) => beginRestore(state, backupOf(input), parts.nowMs()));
    case "stream.finishRestore":
      return restore(parts, (state) => finishRestore(state, backupOf(input)));
    case "stream.abandonRestore":
      return restore(parts, (state) => abandonRestore(state, backupOf(input).stream, parts.nowMs()));
    case "shard.move":
      return moveShard(parts, {
        ...addressOf(input),
        shardId: textOf(input, "shardId"),
        to: textOf(input, "to"),
        from: optionalText(input, "from"),
      });
    case "shard.resume":
      return resumeCopy(parts, {
        ...addressOf(input),
        shardId: textOf(input, "shardId"),
        nodeId: textOf(input, "nodeId"),
        keepLog: (input as { readonly keepLog?: unknown }).keepLog === true,
      });
    default:
      throw new ServiceError("USAGE", `there is no operation ${operation}`);
  }
}

async function changeDuty(parts: OperateParts, nodeId: string, duty: NodeRecord["duty"]): Promise<NodeView> {
  await parts.writer.submit("client", (state) => {
    const node = state.nodes.get(nodeId);
    if (node === undefined) throw new ServiceError("USAGE", `there is no node ${nodeId}`);
    if (node.duty === "decommissioned") throw new ServiceError("USAGE", `node ${nodeId} was decommissioned for good`);
    const { duty: _, ...rest } = node;
    const value: NodeRecord = duty === undefined ? rest : { ...rest, duty };
    const change: StateChange = { table: "node", key: nodeId, value };
    return { changes: [change], result: undefined };
  });
  return viewOf(parts, nodeId);
}

/** Refused while its replicas have nowhere to go: then it would stay half way for ever. */
async function decommission(parts: OperateParts, nodeId: string): Promise<NodeView> {
  const { tables } = parts.views;
  const node = tables.nodes.get(nodeId);
  if (node === undefined) throw new ServiceError("USAGE", `there is no node ${nodeId}`);
  const source = parts.mover.source();
  const remaining = { ...source, nodes: source.nodes.filter((other) => other.nodeId !== nodeId) };
  for (const shardUid of tables.shardsOnNode(nodeId)) {
    const record = tables.shards.get(shardUid);
    const member = record?.set.find((place) => place.nodeId === nodeId);
    if (record === undefined || member === undefined || record.pending?.remove.nodeId === nodeId) continue;
    if (candidates(remaining, record, member, () => 0).length > 0) continue;
    const why = `its replicas need another node in zone ${node.zone}, and there is none that is well`;
    throw new ServiceError("USAGE", `node ${nodeId} cannot be decommissioned: ${why}`);
  }
  return changeDuty(parts, nodeId, "decommissioning");
}

async function moveShard(parts: OperateParts, asked: ShardMove): Promise<ShardView> {
  const [record] = findShards(parts, asked);
  if (record === undefined) throw new ServiceError("USAGE", `there is no such shard`);
  if (record.pending !== undefined) throw new ServiceError("USAGE", "another move of the shard is under way");
  const source = parts.mover.source();
  const mayLeave = record.set.filter(({ nodeId }) => asked.from === undefined || nodeId === asked.from);
  const possible = mayLeave.flatMap((remove): PlannedMove[] => {
    const [to] = candidates(source, record, remove, () => 0).filter(({ nodeId }) => nodeId === asked.to);
    return to === undefined ? [] : [{ shardUid: record.shardUid, remove, to, why: "requested" }];
  });
  const [move] = possible;
  if (move === undefined) throw new ServiceError("USAGE", whyNot(parts, record, asked));
  if (possible.length > 1) throw new ServiceError("USAGE", "say with --from which copy is to move");
  if ((await parts.mover.start([move])) === 0) {
    throw new ServiceError("CONFLICT", "the shard changed meanwhile; look again");
  }
  return shardView(parts.views, parts.views.tables.shards.get(record.shardUid) ?? record);
}

async function resumeCopy(parts: OperateParts, asked: ShardResume): Promise<ShardView> {
  const { views, calls } = parts;
  const { nodeId, keepLog } = asked;
  const [record] = findShards(parts, asked);
  const copy = record && views.reports.copies(record).find((each) => each.nodeId === nodeId);
  if (record === undefined || copy === undefined) throw new ServiceError("USAGE", `node ${nodeId} holds no copy`);
  if (!copy.stopped) throw new ServiceError("USAGE", `the copy on node ${nodeId} is not stopped`);
  if (finalizedVersion(views.tables.cluster) < RESUME_SINCE_VERSION) {
    throw new ServiceError("USAGE", "nodes know this from protocol version 2 on: millrace cluster finalize");
  }
  const { shardUid } = record;
  const { replicaUuid } = copy;
  const [result] = await calls.resumeReplicas(nodeId, [{ shardUid, replicaUuid, keepLog }]);
  if (result?.ok !== true) throw new ServiceError("USAGE", `node ${nodeId}: ${result?.why ?? "no answer"}`);
  views.reports.noteResumed(replicaUuid);
  return shardView(views, views.tables.shards.get(shardUid) ?? record);
}

function whyNot({ views }: OperateParts, { set, state }: ShardRecord, { from, to }: ShardMove): string {
  const node = views.tables.nodes.get(to);
  if (state !== "open" && state !== "closed") return `the shard is ${state}`;
  if (node === undefined) return `there is no node ${to}`;
  if (set.some((member) => member.nodeId === to)) return `node ${to} holds a copy of the shard already`;
  if (from !== undefined && set.every((member) => member.nodeId !== from)) return `node ${from} holds no copy`;
  if (!views.registry.takesReplicas(to)) return `node ${to} is dead, leaving or full`;
  return `another copy is in zone ${node.zone}, and a zone holds one copy of a shard`;
}

function noSuchStream(stream: string, streams: readonly StreamRecord[]): string {
  const names = [...new Set(streams.map(({ name }) => name))].toSorted();
  return `there is no stream ${stream}; there are ${fewOf(names)}`;
}

function findShards({ views }: OperateParts, { stream, accountId, region, shardId }: ShardAddress): ShardRecord[] {
  const { tables } = views;
  const there = [...tables.streams.values()].filter(
    (each) =>
      (accountId === undefined || each.accountId === accountId) && (region === undefined || each.region === region),
  );
  const named = there.filter(({ name }) => name === stream);
  const [found] = named;
  if (found === undefined) throw new ServiceError("USAGE", noSuchStream(stream, there));
  if (named.length > 1)
    throw new ServiceError("USAGE", `several accounts or regions have a stream ${stream}: name them`);
  const shards = tables.shardsOf(found.streamUid);
  if (shardId === undefined) return [...shards];
  const wanted = /^\d+$/.test(shardId) ? formatShardId(Number(shardId)) : shardId;
  const shard = shards.find((each) => formatShardId(each.shardIndex) === wanted);
  if (shard === undefined) {
    const ids = fewOf(shards.map(({ shardIndex }) => formatShardId(shardIndex)));
    throw new ServiceError("USAGE", `stream ${stream} has no shard ${shardId}; there are ${ids}`);
  }
  return [shard];
}

/** Between two states of a reshard a backup would have neither. */
function exportStream(parts: OperateParts, address: ShardAddress): StreamBackup {
  const shards = findShards(parts, address).filter(({ state }) => state !== "dropping");
  const { tables } = parts.views;
  const stream = tables.streams.get(shards[0]?.streamUid ?? -1);
  if (stream?.status !== "ACTIVE") {
    throw new ServiceError("USAGE", `stream ${address.stream} is ${stream?.status ?? "gone"}; wait until it is ACTIVE`);
  }
  return { clusterId: tables.cluster.clusterId, stream, shards };
}

async function restore(parts: OperateParts, decide: (state: ClusterState) => RestoreStep): Promise<ShardView[]> {
  const streamUid = await parts.writer.submit("client", (state) => {
    const { changes, streamUid: result } = decide(state);
    return { changes, result };
  });
  return parts.views.tables.shardsOf(streamUid).map((shard) => shardView(parts.views, shard));
}

function backupOf(input: unknown): StreamRestore {
  const { stream, shards } = input as Partial<StreamRestore>;
  if (typeof stream?.name === "string" && Array.isArray(shards) && shards.length > 0) return input as StreamRestore;
  throw new ServiceError("USAGE", "a backup names a stream and its shards");
}

function viewOf({ views }: OperateParts, nodeId: string): NodeView {
  const node = views.tables.nodes.get(nodeId);
  if (node === undefined) throw new ServiceError("USAGE", `there is no node ${nodeId}`);
  return nodeView(views, node);
}

function addressOf(input: unknown): ShardAddress {
  const optional = { accountId: optionalText(input, "accountId"), region: optionalText(input, "region") };
  const shardId = optionalText(input, "shardId");
  const given = Object.entries({ ...optional, shardId }).filter(([, value]) => value !== undefined);
  return { stream: textOf(input, "stream"), ...Object.fromEntries(given) };
}

function textOf(input: unknown, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined) throw new ServiceError("USAGE", `${name} must be given`);
  return value;
}

function optionalText(input: unknown, name: string): string | undefined {
  const value = (input as Readonly<Record<string, unknown>> | null)?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
