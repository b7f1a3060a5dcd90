/** MergeShards: two adjacent open shards, the lower one named first, become one. */
import { areAdjacentHashRanges, formatShardId, mergeHashRanges } from "@millrace/model";
import { invalidArgument, shardNotEligible } from "./control-errors.ts";
import type { ControlOperation } from "./control-operation.ts";
import { hashRangeOf } from "./new-shard.ts";
import { findReshardableStream, findShard } from "./reshardable-stream.ts";
import { startReshardRound } from "./shard-scaling.ts";
import { isOpenShard } from "./shard-view.ts";
import type { StreamAddress } from "./stream-address.ts";

/** Members of a MergeShards request. */
export interface MergeShardsInput extends StreamAddress {
  readonly ShardToMerge: string;
  readonly AdjacentShardToMerge: string;
}

/** Both shards must exist before either is judged. */
export const mergeShards: ControlOperation<MergeShardsInput> = (state, input, context) => {
  const shardIds = [input.ShardToMerge, input.AdjacentShardToMerge];
  const found = findReshardableStream(state, input, context, "MergeShards", shardIds);
  if ("error" in found) return found;
  const stream = found.value;
  const lower = findShard(state, stream, input.ShardToMerge);
  if ("error" in lower) return lower;
  const upper = findShard(state, stream, input.AdjacentShardToMerge);
  if ("error" in upper) return upper;
  const parents = [lower.value, upper.value];
  const ended = parents.find((shard) => !isOpenShard(shard));
  if (ended !== undefined) return shardNotEligible(stream, formatShardId(ended.shardIndex));
  const ranges = { lower: hashRangeOf(lower.value), upper: hashRangeOf(upper.value) };
  if (!areAdjacentHashRanges(ranges.lower, ranges.upper)) {
    const [first, second] = parents.map((shard) => formatShardId(shard.shardIndex));
    return invalidArgument(
      `Shards ${first} and ${second} in stream ${stream.name} under account ${stream.accountId} are not an adjacent ` +
        "pair of shards eligible for merging",
    );
  }
  const step = { parents, children: [mergeHashRanges(ranges.lower, ranges.upper)] };
  return { output: undefined, changes: startReshardRound(state.cluster, stream, [step], 0) };
};
