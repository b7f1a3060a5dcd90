/** Records of shards that do not exist yet, with uids taken from the cluster record. */
import { formatShardId, type HashRange } from "@millrace/model";
import type { ClusterRecord, ShardRecord, StreamRecord } from "../state/cluster-state.ts";

/** A shard to be made: its range and the shards it succeeds (none for an original, ParentShardId first). */
export interface NewShard {
  readonly range: HashRange;
  readonly parents: readonly ShardRecord[];
}

/** The records of `wanted`, in order, and the cluster and stream records whose counters they moved. */
export interface NewShards {
  readonly shards: readonly ShardRecord[];
  readonly cluster: ClusterRecord;
  readonly stream: StreamRecord;
}

/** Makes records of shards without replicas; the epoch rules place them, the life cycle opens them. */
export function makeShards(cluster: ClusterRecord, stream: StreamRecord, wanted: readonly NewShard[]): NewShards {
  const shards = wanted.map(({ range, parents }, position): ShardRecord => ({
    shardUid: cluster.nextShardUid + position,
    streamUid: stream.streamUid,
    shardIndex: stream.nextShardIndex + position,
    startingHashKey: range.start.toString(),
    endingHashKey: range.end.toString(),
    state: "creating",
    createdSeconds: 0,
    parentShardUids: parents.map((parent) => parent.shardUid),
    parentShardIds: parents.map((parent) => formatShardId(parent.shardIndex)),
    closedMs: 0,
    endOffset: 0,
    epoch: 0,
    configState: "unplaced",
    leader: "",
    set: [],
  }));
  return {
    shards,
    cluster: { ...cluster, nextShardUid: cluster.nextShardUid + wanted.length },
    stream: { ...stream, nextShardIndex: stream.nextShardIndex + wanted.length },
  };
}

/** The range of a stored shard. */
export function hashRangeOf(shard: ShardRecord): HashRange {
  return { start: BigInt(shard.startingHashKey), end: BigInt(shard.endingHashKey) };
}
