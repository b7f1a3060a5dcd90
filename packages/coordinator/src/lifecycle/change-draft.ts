/**
 * A cluster state with pending changes over it: concerns of the life cycle run one after another, each seeing what the
 * ones before it decided, and all their changes are applied together. Later changes of a record replace earlier ones.
 */
import type {
  ClusterRecord,
  ClusterState,
  ConsumerRecord,
  ShardRecord,
  StateChange,
  StreamRecord,
} from "../state/cluster-state.ts";

/** See the file comment. Lives for one call of a rule; never mutates its base. */
export class ChangeDraft {
  private readonly base: ClusterState;
  private readonly pending = new Map<string, StateChange>();
  private readonly shardsByStream = new Map<number, Map<number, ShardRecord | undefined>>();

  constructor(base: ClusterState) {
    this.base = base;
  }

  /** The state without the pending changes. */
  get before(): ClusterState {
    return this.base;
  }

  get cluster(): ClusterRecord {
    const change = this.pending.get("cluster/cluster");
    return change?.table === "cluster" ? change.value : this.base.cluster;
  }

  /** The stream as changed, undefined when it is removed. */
  stream(streamUid: number): StreamRecord | undefined {
    const change = this.pending.get(`stream/${streamUid}`);
    return change?.table === "stream" ? change.value : this.base.streams.get(streamUid);
  }

  /** The shard as changed. */
  shard(shardUid: number): ShardRecord | undefined {
    const change = this.pending.get(`shard/${shardUid}`);
    return change?.table === "shard" ? change.value : this.base.shards.get(shardUid);
  }

  /** The shards of a stream as changed, by shard index. */
  shardsOf(streamUid: number): readonly ShardRecord[] {
    const changed = this.shardsByStream.get(streamUid);
    const stored = this.base.shardsOf(streamUid);
    if (changed === undefined) return stored;
    const kept = stored.filter((shard) => !changed.has(shard.shardUid));
    const values = [...changed.values()].filter((shard) => shard !== undefined);
    return [...kept, ...values].sort((a, b) => a.shardIndex - b.shardIndex);
  }

  /** The consumers of a stream as changed, by name. */
  consumersOf(streamUid: number): readonly ConsumerRecord[] {
    return this.base.consumersOf(streamUid).flatMap((consumer) => {
      const change = this.pending.get(`consumer/${consumer.consumerArn}`);
      return (change?.table === "consumer" ? change.value : consumer) ?? [];
    });
  }

  /** Adds `changes`. */
  put(changes: readonly StateChange[]): void {
    for (const change of changes) {
      if (change.table === "shard") this.noteShard(change.key, change.value);
      this.pending.set(`${change.table}/${change.key}`, change);
    }
  }

  putStream(stream: StreamRecord): void {
    this.put([{ table: "stream", key: stream.streamUid, value: stream }]);
  }

  putShard(shard: ShardRecord): void {
    this.put([{ table: "shard", key: shard.shardUid, value: shard }]);
  }

  putConsumer(consumer: ConsumerRecord): void {
    this.put([{ table: "consumer", key: consumer.consumerArn, value: consumer }]);
  }

  /** All pending changes, one a record. */
  changes(): readonly StateChange[] {
    return [...this.pending.values()];
  }

  private noteShard(shardUid: number, value: ShardRecord | undefined): void {
    const streamUid = (value ?? this.shard(shardUid))?.streamUid;
    if (streamUid === undefined) return;
    const ofStream = this.shardsByStream.get(streamUid) ?? new Map<number, ShardRecord | undefined>();
    this.shardsByStream.set(streamUid, ofStream.set(shardUid, value));
  }
}
