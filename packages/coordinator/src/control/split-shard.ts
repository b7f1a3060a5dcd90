/** SplitShard: one open shard becomes two at NewStartingHashKey, the lower range first. */
import { formatShardId, splitHashRange } from "@millrace/model";
import { refuseMoreShards } from "./account-usage.ts";
import { invalidArgument } from "./control-errors.ts";
import type { ControlOperation } from "./control-operation.ts";
import { hashRangeOf } from "./new-shard.ts";
import { findOpenShard, findReshardableStream } from "./reshardable-stream.ts";
import { startReshardRound } from "./shard-scaling.ts";
import type { StreamAddress } from "./stream-address.ts";

/** Members of a SplitShard request; NewStartingHashKey is a decimal. */
export interface SplitShardInput extends StreamAddress {
  readonly ShardToSplit: string;
  readonly NewStartingHashKey: string;
}

/** Checks in the order in which production answers them: form of the shard id, stream, shard, quota, key. */
export const splitShard: ControlOperation<SplitShardInput> = (state, input, context) => {
  const found = findReshardableStream(state, input, context, "SplitShard", [input.ShardToSplit]);
  if ("error" in found) return found;
  const stream = found.value;
  const shard = findOpenShard(state, stream, input.ShardToSplit);
  if ("error" in shard) return shard;
  const refusal = refuseMoreShards(state, context, 1);
  if (refusal !== undefined) return refusal;
  const range = hashRangeOf(shard.value);
  const splitAt = BigInt(input.NewStartingHashKey);
  if (splitAt <= range.start + 1n || splitAt >= range.end) {
    return invalidArgument(
      `NewStartingHashKey ${input.NewStartingHashKey} used in SplitShard() on shard ` +
        `${formatShardId(shard.value.shardIndex)} in stream ${stream.name} under account ${stream.accountId} is not ` +
        `both greater than one plus the shard's StartingHashKey ${range.start} and less than the shard's ` +
        `EndingHashKey ${range.end}.`,
    );
  }
  const step = { parents: [shard.value], children: splitHashRange(range, splitAt) };
  return { output: undefined, changes: startReshardRound(state.cluster, stream, [step], 0) };
};
