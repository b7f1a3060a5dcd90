/**
 * What operators can ask of a coordinator through the Operate call: names of operations, and the JSON that goes in and
 * comes out. Times are milliseconds; counts are of records unless the name says otherwise.
 */
import type { CopyReport } from "../service/shard-reports.ts";
import type { FinalizedVersion } from "./finalize-version.ts";
import type { BackupOrigin, ShardRecord, StreamRecord } from "../state/cluster-state.ts";

/** A storage node as operators see it. */
export interface NodeView {
  readonly nodeId: string;
  readonly zone: string;
  readonly address: string;
  readonly alive: boolean;
  /** What it may do: everything (member), or what an operator decided, or stopping by itself. */
  readonly duty: "member" | "draining" | "decommissioning" | "decommissioned";
  readonly stopping: boolean;
  readonly belowDiskFloor: boolean;
  readonly leaders: number;
  readonly replicas: number;
  /** Replicas on their way here and away from here. */
  readonly arriving: number;
  readonly leaving: number;
  readonly deadForMs: number;
  readonly storeBytes: number;
  readonly diskFreeBytes: number;
  /** Newest protocol version it spoke when it registered. */
  readonly protocolVersionMax: number;
}

/** A shard and all its copies. */
export interface ShardView {
  readonly stream: string;
  readonly accountId: string;
  readonly region: string;
  readonly shardId: string;
  readonly shardUid: number;
  readonly state: string;
  readonly configState: string;
  readonly epoch: number;
  readonly leader: string;
  readonly logStart: number | undefined;
  readonly commitOffset: number | undefined;
  readonly copies: readonly CopyReport[];
  /** The set change under way. */
  readonly move: MoveView | undefined;
}

/** One replica on its way from a node to another. */
export interface MoveView {
  readonly from: string;
  readonly to: string;
  readonly why: string;
  readonly recordsBehind: number | undefined;
}

/** The whole cluster in figures, and what is wrong with it. */
export interface ClusterView {
  readonly clusterId: string;
  readonly coordinatorTerm: number;
  readonly replicationFactor: number;
  /** Finalised for the cluster; the newest of its coordinator; and who does not speak that one yet. */
  readonly protocolVersion: number;
  readonly protocolVersionMax: number;
  readonly protocolVersionMissing: readonly string[];
  readonly nodes: readonly NodeView[];
  readonly streams: number;
  readonly shards: number;
  /** Shards without an open leader. */
  readonly leaderless: number;
  /** Shards with a copy that is away or not level. */
  readonly underReplicated: number;
  /** Of those, the first few, and those that move. */
  readonly attention: readonly ShardView[];
  readonly moving: number;
  /** Everything is led, every copy is level and nothing moves. */
  readonly healthy: boolean;
  /** What keeps the cluster from being healthy, in words. */
  readonly reasons: readonly string[];
}

/** The operations: name, input, output. */
export interface Operations {
  "cluster.status": { readonly input: Record<string, never>; readonly output: ClusterView };
  "cluster.finalize": { readonly input: Record<string, never>; readonly output: FinalizedVersion };
  "node.drain": { readonly input: { readonly nodeId: string }; readonly output: NodeView };
  "node.undrain": { readonly input: { readonly nodeId: string }; readonly output: NodeView };
  "node.decommission": { readonly input: { readonly nodeId: string }; readonly output: NodeView };
  "shard.list": { readonly input: ShardAddress; readonly output: readonly ShardView[] };
  /** The metadata of an ACTIVE stream and the shards it has now. */
  "stream.export": { readonly input: ShardAddress; readonly output: StreamBackup };
  /** From here on leaders take the stream's frames; answers the shards of {@link ShardView}. */
  "stream.beginRestore": { readonly input: StreamRestore; readonly output: readonly ShardView[] };
  "stream.finishRestore": { readonly input: StreamRestore; readonly output: readonly ShardView[] };
  "stream.abandonRestore": { readonly input: StreamBackup; readonly output: readonly ShardView[] };
  "shard.move": { readonly input: ShardMove; readonly output: ShardView };
  "shard.resume": { readonly input: ShardResume; readonly output: ShardView };
}

/** A stream by name and, where a name is not enough, its account and region; one of its shards, or all. */
export interface ShardAddress {
  readonly stream: string;
  readonly accountId?: string;
  readonly region?: string;
  /** `shardId-…` or its number. */
  readonly shardId?: string;
}

/** Which copy goes where. `from` may be left out when only one copy can make way for `to`. */
export interface ShardMove extends ShardAddress {
  readonly shardId: string;
  readonly from?: string | undefined;
  readonly to: string;
}

/** Which stopped copy goes on. */
export interface ShardResume extends ShardAddress {
  readonly shardId: string;
  readonly nodeId: string;
  /** Its log is vouched for; else it counts for nothing until a leader has replaced it. */
  readonly keepLog: boolean;
}

/** What of a stream is not in its frames: the records of the metadata, as they were. */
export interface StreamBackup {
  readonly clusterId: string;
  readonly stream: StreamRecord;
  readonly shards: readonly ShardRecord[];
}

/** A backup to be restored; `stream` may have been given another name. */
export interface StreamRestore extends StreamBackup {
  /** Absent from commands of releases that did not say it. */
  readonly origin?: BackupOrigin;
  /** To finish: the shards that beginning answered. When the restore was given up and begun anew, others are there, not yet full. */
  readonly begunUids?: readonly number[];
}
