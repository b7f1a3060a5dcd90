/**
 * Everything the coordinator knows for good, as plain records in tables. The metadata store holds each record under
 * `<table>/<key>` as JSON; this file is the document of those values (also `docs/formats/metadata.md`).
 *
 * Pure functions compute {@link StateChange}s from a {@link ClusterState}; one writer applies them: first to the
 * store, atomically and synced, then to the state in memory. Nothing else changes either.
 */
import type { StreamStatus } from "@millrace/model";

/** One copy of a shard. */
export interface ReplicaPlace {
  readonly nodeId: string;
  readonly replicaUuid: string;
  readonly zone: string;
}

/** One member of a shard's set about to be replaced. */
export interface SetChange {
  /** The replica that is brought up beside the set, uncounted, on a node that holds none of the shard. */
  readonly add: ReplicaPlace;
  readonly remove: ReplicaPlace;
  readonly why: "requested" | "replacement" | "decommission" | "rebalance";
}

/** Settings of the whole cluster, one record under the key "cluster". */
export interface ClusterRecord {
  readonly clusterId: string;
  /** 32 bytes, hex; authenticates iterators and tokens. */
  readonly tokenKey: string;
  /** Grows at every start of a coordinator: calls of an older one are refused by nodes. */
  readonly coordinatorTerm: number;
  readonly nextStreamUid: number;
  readonly nextShardUid: number;
  readonly mapVersion: number;
  /** Form of all these records; absent: 1. A coordinator that does not know it refuses to start. */
  readonly format?: number;
  /** The protocol version that an operator has finalised; absent: 1. */
  readonly protocolVersion?: number;
}

/** A storage node that has registered once. Key: nodeId. Liveness is not stored. */
export interface NodeRecord {
  readonly nodeId: string;
  readonly zone: string;
  readonly address: string;
  /** Highest boot counter seen: a lower one is an old disk come back and is refused. */
  readonly boot: number;
  /**
   * What an operator has decided; absent: full member. draining: leads nothing and gets no new replicas;
   * decommissioning: its replicas move away too; decommissioned: holds nothing and may not come back.
   */
  readonly duty?: "draining" | "decommissioning" | "decommissioned" | undefined;
  /** Protocol versions it spoke when it registered last; absent: 1 alone. */
  readonly protocolVersionMin?: number;
  readonly protocolVersionMax?: number;
}

/** One step of a reshard: `parents` close, then `childShardUids` open, atomically. */
export interface ReshardStep {
  /** Two parents make a merge (lower range first), one a split. */
  readonly parentShardUids: readonly number[];
  readonly childShardUids: readonly number[];
}

/** A split or merge planned by hash range before uids are given; rounds run one after another. */
export interface ReshardPlan {
  readonly steps: readonly ReshardStep[];
  /** Target of an UpdateShardCount whose later rounds are computed when this one is done; 0 for none. */
  readonly targetShardCount: number;
}

/** What tells one backup of a stream from every other. */
export interface BackupOrigin {
  readonly clusterId: string;
  readonly streamUid: number;
  /** Name it had there. */
  readonly name: string;
  readonly takenMs: number;
}

/** A data stream. Key: streamUid. */
export interface StreamRecord {
  readonly streamUid: number;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly status: StreamStatus;
  readonly createdMs: number;
  readonly mode: "PROVISIONED" | "ON_DEMAND";
  readonly retentionHours: number;
  readonly maxRecordSizeInKiB: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly shardMetrics: readonly string[];
  readonly encryptionKeyId: string;
  readonly policy: string;
  readonly warmThroughputMiBps: number;
  readonly distribution: "AUTO" | "USER_PARTITION_KEY";
  readonly nextShardIndex: number;
  /** CREATING from a backup: it stays so until the records are there and the operator's command says so. */
  readonly restoring?: boolean | undefined;
  /** Which backup it is restored from; absent where it was begun by a release that did not note it. */
  readonly restoredFrom?: BackupOrigin | undefined;
  /** The reshard under way while UPDATING, else undefined. */
  readonly reshard: ReshardPlan | undefined;
  /** While UPDATING for a setting (encryption, mode…): when it becomes ACTIVE again; 0 otherwise. */
  readonly activeAtMs: number;
  /** Times of the changes that AWS limits per rolling 24 hours. */
  readonly modeChangesMs: readonly number[];
  readonly shardCountUpdatesMs: readonly number[];
  readonly encryptionChangesMs: readonly number[];
}

/**
 * A shard and its replication configuration. Key: shardUid. `epoch`, `configState`, `leader`, `set`, `pending` change by
 * compare-and-set on `epoch` alone and belong to the epoch rules; the rest belongs to the life-cycle rules.
 */
export interface ShardRecord {
  readonly shardUid: number;
  readonly streamUid: number;
  readonly shardIndex: number;
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  /**
   * creating: replicas are to be made and a leader opened; ready: a leader is open but no client may write yet;
   * open; closing: decided, rolled forward only; closed: read only; dropping: replicas get their tombstones.
   */
  readonly state: "creating" | "ready" | "open" | "closing" | "closed" | "dropping";
  readonly createdSeconds: number;
  readonly parentShardUids: readonly number[];
  /** Ids of the parents, kept after the parents themselves have expired; ParentShardId first. */
  readonly parentShardIds: readonly string[];
  readonly closedMs: number;
  readonly endOffset: number;
  readonly epoch: number;
  /** unplaced: no set yet; recovering: an epoch was burnt and has no open leader yet; active. */
  readonly configState: "unplaced" | "recovering" | "active";
  readonly leader: string;
  readonly set: readonly ReplicaPlace[];
  /** The one set change under way; absent for none. The set stays the old one until the change is installed. */
  readonly pending?: SetChange | undefined;
}

/** A registered fan-out consumer. Key: its ARN. */
export interface ConsumerRecord {
  readonly consumerArn: string;
  readonly streamUid: number;
  readonly name: string;
  readonly status: "CREATING" | "DELETING" | "ACTIVE";
  readonly createdMs: number;
  /** When CREATING or DELETING ends. */
  readonly settlesAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly policy: string;
}

/** Account-wide settings. Key: `<accountId>/<region>`. */
export interface AccountRecord {
  readonly accountId: string;
  readonly region: string;
  readonly commitment: "ENABLED" | "DISABLED" | "ENABLED_UNTIL_EARLIEST_ALLOWED_END";
  readonly commitmentStartedMs: number;
  readonly commitmentEndedMs: number;
}

/**
 * A replica whose shard is gone from the metadata and whose data is still to be deleted by an explicit order. Key:
 * replicaUuid. Kept until the node has confirmed, however long it is away.
 */
export interface TombstoneRecord {
  readonly replicaUuid: string;
  readonly nodeId: string;
  readonly shardUid: number;
  /** Above every epoch the replica can have promised. */
  readonly epoch: number;
}

/**
 * The answer to a client's request that changed something, stored in the write that carried the change, for the repeat of a
 * request whose answer was lost. Key: sequence. Which are kept, and for how long: `control/repeated-request.ts`.
 */
export interface ReplyRecord {
  /** Grows with every reply. */
  readonly sequence: number;
  /** Names the request and who sent it. */
  readonly requestKey: string;
  readonly answeredMs: number;
  /** What the operation answered; absent when it has no output. */
  readonly output?: Readonly<Record<string, unknown>> | undefined;
  /** The stream that the request made; absent for none. */
  readonly madeStreamUid?: number | undefined;
  /** The consumer that the request made; absent for none. */
  readonly madeConsumerArn?: string | undefined;
}

/** All tables in memory, with the look-ups that rules need. Owned by the single writer; readers never mutate it. */
export interface ClusterState {
  readonly cluster: ClusterRecord;
  readonly nodes: ReadonlyMap<string, NodeRecord>;
  readonly streams: ReadonlyMap<number, StreamRecord>;
  readonly shards: ReadonlyMap<number, ShardRecord>;
  readonly consumers: ReadonlyMap<string, ConsumerRecord>;
  readonly accounts: ReadonlyMap<string, AccountRecord>;
  /** By sequence, the oldest first. */
  readonly replies: ReadonlyMap<number, ReplyRecord>;
  /** Replies by request key. */
  readonly repliesByRequest: ReadonlyMap<string, ReplyRecord>;
  /** Streams by `<accountId>/<region>/<name>`. */
  readonly streamsByName: ReadonlyMap<string, StreamRecord>;
  /** Shard records of a stream, by shard index. Empty array for an unknown stream. */
  shardsOf(streamUid: number): readonly ShardRecord[];
  /** Consumers of a stream, by name. */
  consumersOf(streamUid: number): readonly ConsumerRecord[];
}

/** One record put (`value`) or removed (undefined). A list of changes is applied atomically. */
export type StateChange =
  | { readonly table: "cluster"; readonly key: "cluster"; readonly value: ClusterRecord }
  | { readonly table: "node"; readonly key: string; readonly value: NodeRecord | undefined }
  | { readonly table: "stream"; readonly key: number; readonly value: StreamRecord | undefined }
  | { readonly table: "shard"; readonly key: number; readonly value: ShardRecord | undefined }
  | { readonly table: "consumer"; readonly key: string; readonly value: ConsumerRecord | undefined }
  | { readonly table: "account"; readonly key: string; readonly value: AccountRecord | undefined }
  | { readonly table: "tombstone"; readonly key: string; readonly value: TombstoneRecord | undefined }
  | { readonly table: "reply"; readonly key: number; readonly value: ReplyRecord | undefined };
