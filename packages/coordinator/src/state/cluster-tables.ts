/**
 * The one mutable {@link ClusterState}: tables and the indices over them. Owned by the single writer, which applies
 * changes here only after the store has them.
 */
import type {
  AccountRecord,
  ClusterRecord,
  ClusterState,
  ConsumerRecord,
  NodeRecord,
  ReplyRecord,
  ShardRecord,
  StateChange,
  StreamRecord,
  TombstoneRecord,
} from "./cluster-state.ts";
import { GroupIndex } from "./group-index.ts";

/** See the file comment. */
export class ClusterTables implements ClusterState {
  cluster: ClusterRecord;
  readonly nodes: Map<string, NodeRecord> = new Map();
  readonly streams: Map<number, StreamRecord> = new Map();
  readonly shards: Map<number, ShardRecord> = new Map();
  readonly consumers: Map<string, ConsumerRecord> = new Map();
  readonly accounts: Map<string, AccountRecord> = new Map();
  readonly tombstones: Map<string, TombstoneRecord> = new Map();
  readonly replies: Map<number, ReplyRecord> = new Map();
  readonly repliesByRequest: Map<string, ReplyRecord> = new Map();
  readonly streamsByName: Map<string, StreamRecord> = new Map();
  /** Shards that are not settled: creating, closing or dropping. Small however many shards there are. */
  readonly unsettledShards: Set<number> = new Set();
  /** Shards with a set change under way. */
  readonly changingShards: Set<number> = new Set();
  readonly #shardsByStream = new GroupIndex<number, ShardRecord>((a, b) => a.shardIndex - b.shardIndex);
  readonly #consumersByStream = new GroupIndex<number, ConsumerRecord>((a, b) => compareText(a.name, b.name));
  readonly #shardsByNode = new Map<string, Set<number>>();
  readonly #leaderCounts = new Map<string, number>();

  constructor(cluster: ClusterRecord) {
    this.cluster = cluster;
  }

  shardsOf(streamUid: number): readonly ShardRecord[] {
    return this.#shardsByStream.of(streamUid);
  }

  consumersOf(streamUid: number): readonly ConsumerRecord[] {
    return this.#consumersByStream.of(streamUid);
  }

  /** Shards with a replica on the node. */
  shardsOnNode(nodeId: string): ReadonlySet<number> {
    return this.#shardsByNode.get(nodeId) ?? noShards;
  }

  /** How many shards the node leads according to the metadata. */
  leaderCount(nodeId: string): number {
    return this.#leaderCounts.get(nodeId) ?? 0;
  }

  /** Applies a committed list of changes. */
  apply(changes: readonly StateChange[]): void {
    for (const change of changes) this.#applyOne(change);
  }

  #applyOne(change: StateChange): void {
    switch (change.table) {
      case "cluster":
        this.cluster = change.value;
        return;
      case "node":
        putOrDelete(this.nodes, change.key, change.value);
        return;
      case "stream":
        this.#applyStream(change.key, change.value);
        return;
      case "shard":
        this.#applyShard(change.key, change.value);
        return;
      case "consumer": {
        const before = this.consumers.get(change.key);
        putOrDelete(this.consumers, change.key, change.value);
        if (before !== undefined) this.#consumersByStream.remove(before.streamUid, before);
        if (change.value !== undefined) this.#consumersByStream.add(change.value.streamUid, change.value);
        return;
      }
      case "account":
        putOrDelete(this.accounts, change.key, change.value);
        return;
      case "tombstone":
        putOrDelete(this.tombstones, change.key, change.value);
        return;
      case "reply":
        this.#applyReply(change.key, change.value);
    }
  }

  #applyStream(streamUid: number, stream: StreamRecord | undefined): void {
    const before = this.streams.get(streamUid);
    // A re-created stream may already hold the name of the one that goes now.
    if (before !== undefined && this.streamsByName.get(streamNameKey(before))?.streamUid === streamUid) {
      this.streamsByName.delete(streamNameKey(before));
    }
    putOrDelete(this.streams, streamUid, stream);
    if (stream !== undefined) this.streamsByName.set(streamNameKey(stream), stream);
  }

  #applyReply(sequence: number, reply: ReplyRecord | undefined): void {
    const before = this.replies.get(sequence);
    // A request that was answered anew has a younger reply.
    if (before !== undefined && this.repliesByRequest.get(before.requestKey)?.sequence === sequence) {
      this.repliesByRequest.delete(before.requestKey);
    }
    putOrDelete(this.replies, sequence, reply);
    if (reply !== undefined) this.repliesByRequest.set(reply.requestKey, reply);
  }

  #applyShard(shardUid: number, shard: ShardRecord | undefined): void {
    const before = this.shards.get(shardUid);
    if (before !== undefined) {
      this.#shardsByStream.remove(before.streamUid, before);
      for (const { nodeId } of before.set) this.#shardsByNode.get(nodeId)?.delete(shardUid);
      this.#countLeader(before, -1);
    }
    putOrDelete(this.shards, shardUid, shard);
    this.unsettledShards.delete(shardUid);
    this.changingShards.delete(shardUid);
    if (shard === undefined) return;
    this.#shardsByStream.add(shard.streamUid, shard);
    for (const { nodeId } of shard.set) {
      const onNode = this.#shardsByNode.get(nodeId) ?? new Set();
      this.#shardsByNode.set(nodeId, onNode.add(shardUid));
    }
    this.#countLeader(shard, 1);
    if (shard.pending !== undefined) this.changingShards.add(shardUid);
    if (shard.state === "creating" || shard.state === "closing" || shard.state === "dropping") {
      this.unsettledShards.add(shardUid);
    }
  }

  #countLeader(shard: ShardRecord, by: number): void {
    if (shard.leader === "") return;
    this.#leaderCounts.set(shard.leader, this.leaderCount(shard.leader) + by);
  }
}

/** Key of {@link ClusterState.streamsByName}. */
export function streamNameKey(stream: Pick<StreamRecord, "accountId" | "region" | "name">): string {
  return `${stream.accountId}/${stream.region}/${stream.name}`;
}

const noShards: ReadonlySet<number> = new Set();

function putOrDelete<K, V>(table: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) table.delete(key);
  else table.set(key, value);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
