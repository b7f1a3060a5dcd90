/** Shards as clients see them: which are there at all, which are open, and their description. */
import { endingSequenceNumber, formatShardId, parseShardId, startingSequenceNumber } from "@millrace/model";
import type { ClusterState, ShardRecord } from "../state/cluster-state.ts";

/** Whether clients write to the shard, as far as they know: a closing one still looks open. */
export function isOpenShard(shard: ShardRecord): boolean {
  return shard.state === "open" || shard.state === "closing";
}

/** The shards that clients may see, by index. Children appear when their parents end, all at once. */
export function visibleShards(state: ClusterState, streamUid: number): readonly ShardRecord[] {
  return state.shardsOf(streamUid).filter((shard) => isOpenShard(shard) || shard.state === "closed");
}

/** The open ones of a stream's shards, ascending by hash range: an exact cover of the key space once it is ACTIVE. */
export function openShards(shards: readonly ShardRecord[]): readonly ShardRecord[] {
  return shards
    .filter(isOpenShard)
    .map((shard) => ({ shard, start: BigInt(shard.startingHashKey) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1))
    .map(({ shard }) => shard);
}

/** AWS's Shard structure. No EndingSequenceNumber means open. */
export function describeShard(shard: ShardRecord): Readonly<Record<string, unknown>> {
  const base = { shardCreatedSeconds: shard.createdSeconds, shardIndex: shard.shardIndex };
  const [parent, adjacentParent] = shard.parentShardIds;
  return {
    ShardId: formatShardId(shard.shardIndex),
    ...(parent === undefined ? {} : { ParentShardId: parent }),
    ...(adjacentParent === undefined ? {} : { AdjacentParentShardId: adjacentParent }),
    HashKeyRange: { StartingHashKey: shard.startingHashKey, EndingHashKey: shard.endingHashKey },
    SequenceNumberRange: {
      StartingSequenceNumber: startingSequenceNumber(base),
      ...(shard.state === "closed" ? { EndingSequenceNumber: endingSequenceNumber(base, shard.closedMs) } : {}),
    },
  };
}

/** Whether `shard` comes after the shard id `exclusiveStart`, which need not name a shard at all. */
export function isAfterShardId(shard: ShardRecord, exclusiveStart: string | undefined): boolean {
  if (exclusiveStart === undefined) return true;
  const index = parseShardId(exclusiveStart);
  return index === undefined ? formatShardId(shard.shardIndex) > exclusiveStart : shard.shardIndex > index;
}
