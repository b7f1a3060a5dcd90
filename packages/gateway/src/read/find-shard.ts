/** The shard a reader names, and the children that reading goes on in. */
import {
  couldNotFindShard,
  parseShardId,
  shardDoesNotExist,
  type ChildShard,
  type StreamIdentity,
} from "@millrace/kinesis";
import type { ClusterMap } from "../cluster/cluster-map.ts";
import type { ShardView, StreamView } from "../cluster/stream-view.ts";
import { findServingStream } from "../operations/find-stream.ts";
import type { Outcome } from "../operations/operation-context.ts";

/** A readable shard with its stream. */
export interface FoundShard {
  readonly stream: StreamView;
  readonly shard: ShardView;
}

/** The shard `shardId` of `identity`, asked for in `region`: malformed ids are refused before the stream is looked up. */
export function findShard(
  map: ClusterMap,
  identity: StreamIdentity,
  shardId: string,
  region: string,
): Outcome<FoundShard> {
  const index = parseShardId(shardId);
  if (index === undefined) return { error: couldNotFindShard(shardId, identity) };
  const stream = findServingStream(map, identity, region);
  const shard = stream?.shard(index);
  if (stream === undefined || shard === undefined || shard.entry.state === "creating") {
    return { error: shardDoesNotExist(index, identity) };
  }
  return { ok: { stream, shard } };
}

/** What a reader of a finished shard is told; undefined while its children are not in the map yet. */
export function childShards(map: ClusterMap, stream: StreamView, shard: ShardView): ChildShard[] | undefined {
  const children = stream.childrenOf(shard);
  if (children.length === 0) return undefined;
  return children.map(({ shardId, entry }) => ({
    ShardId: shardId,
    ParentShards: entry.parentShardUids.flatMap((uid) => map.shardOfUid(uid)?.shard.shardId ?? []),
    HashKeyRange: { StartingHashKey: entry.startingHashKey, EndingHashKey: entry.endingHashKey },
  }));
}
