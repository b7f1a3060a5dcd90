/** DescribeStream: the stream and a page of its shards. */
import type { ControlOperation } from "./control-operation.ts";
import { describeShard, isAfterShardId, visibleShards } from "./shard-view.ts";
import { findStream, type StreamAddress } from "./stream-address.ts";
import { describeStreamHead, describeStreamSettings } from "./stream-view.ts";

/** Members of a DescribeStream request. */
export interface DescribeStreamInput extends StreamAddress {
  readonly Limit?: number | undefined;
  readonly ExclusiveStartShardId?: string | undefined;
}

/** Default and greatest page, whatever larger Limit is asked for (AWS API reference). */
const SHARDS_PER_PAGE_MAX = 100;

/** While the stream is CREATING there are no shards to see. */
export const describeStream: ControlOperation<DescribeStreamInput> = (state, input, context) => {
  const found = findStream(state, input, context, "DescribeStream");
  if ("error" in found) return found;
  const stream = found.value;
  const limit = Math.min(input.Limit ?? SHARDS_PER_PAGE_MAX, SHARDS_PER_PAGE_MAX);
  const rest = visibleShards(state, stream.streamUid).filter((shard) =>
    isAfterShardId(shard, input.ExclusiveStartShardId),
  );
  return {
    output: {
      StreamDescription: {
        ...describeStreamHead(stream),
        Shards: rest.slice(0, limit).map(describeShard),
        HasMoreShards: rest.length > limit,
        ...describeStreamSettings(stream),
      },
    },
    changes: [],
  };
};
