/**
 * The cluster map: what gateways and storage nodes know of the cluster, published by the coordinator as a snapshot
 * and then deltas. Holders keep the last one for ever: puts and gets need no coordinator.
 */

/** A storage node as others reach it. */
export interface NodeEntry {
  readonly nodeId: string;
  readonly zone: string;
  /** host:port of the node's gRPC server. */
  readonly address: string;
  readonly alive: boolean;
}

/** StreamStatus as AWS spells it. */
export type StreamStatus = "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";

/** What the data path needs to know of a stream. */
export interface StreamEntry {
  readonly streamUid: number;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly status: StreamStatus;
  readonly createdMs: number;
  readonly mode: "PROVISIONED" | "ON_DEMAND";
  readonly retentionHours: number;
  readonly maxRecordBytes: number;
  /** Service-managed distribution: partition keys are optional and do not place records. */
  readonly autoDistribution: boolean;
  /** The seven names of shard-level metrics that are switched on. */
  readonly shardMetrics: readonly string[];
  readonly encryptionKeyId: string;
}

/** One copy of a shard. */
export interface ReplicaEntry {
  readonly nodeId: string;
  readonly replicaUuid: string;
  readonly zone: string;
}

/** A shard as the data path sees it. Hash keys are 128-bit decimal strings, inclusive at both ends. */
export interface ShardEntry {
  readonly shardUid: number;
  readonly streamUid: number;
  readonly shardIndex: number;
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  /** creating: not yet readable or writable; open; closing: refuses puts; closed: read only, has children. */
  readonly state: "creating" | "open" | "closing" | "closed";
  readonly createdSeconds: number;
  readonly closedMs: number;
  /** Offset after the last record of a closed shard; 0 while open. */
  readonly endOffset: number;
  readonly parentShardUids: readonly number[];
  readonly epoch: number;
  /** Node id of the leader, empty while none is known. */
  readonly leader: string;
  readonly replicas: readonly ReplicaEntry[];
}

/** A registered fan-out consumer. */
export interface ConsumerEntry {
  readonly consumerArn: string;
  readonly streamUid: number;
  readonly name: string;
  readonly status: "CREATING" | "DELETING" | "ACTIVE";
  readonly createdMs: number;
}

/** A snapshot (`reset`) or a delta. `version` counts up by one; a gap means the holder asks for a new snapshot. */
export interface ClusterMapUpdate {
  readonly version: number;
  readonly reset: boolean;
  readonly clusterId: string;
  /** 32 bytes, hex: authenticates iterators and tokens. Same for the life of the cluster. */
  readonly tokenKey: string;
  readonly coordinatorMs: number;
  /** The version of what processes say to each other that is finalised for the cluster. */
  readonly protocolVersion: number;
  readonly nodes: readonly NodeEntry[];
  readonly removedNodeIds: readonly string[];
  readonly streams: readonly StreamEntry[];
  readonly removedStreamUids: readonly number[];
  readonly shards: readonly ShardEntry[];
  readonly removedShardUids: readonly number[];
  readonly consumers: readonly ConsumerEntry[];
  readonly removedConsumerArns: readonly string[];
}
