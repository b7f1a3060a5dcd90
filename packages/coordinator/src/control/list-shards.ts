/** ListShards: shards of a stream by filter, in pages, by shard id. */
import { type Checked, invalidArgument, streamNotActive, streamNotFound } from "./control-errors.ts";
import type { ClusterState, StreamRecord } from "../state/cluster-state.ts";
import { streamArn } from "./arn.ts";
import type { ControlContext, ControlOperation } from "./control-operation.ts";
import { openPageToken, sealPageToken } from "./page-token.ts";
import { filterShards, resolveShardFilter, type ShardFilter, type ShardFilterInput } from "./shard-filter.ts";
import { describeShard, isAfterShardId } from "./shard-view.ts";
import { findServingStream, type StreamAddress } from "./stream-address.ts";
import { isGeneration } from "./stream-generation.ts";

/** Members of a ListShards request; StreamCreationTimestamp in epoch milliseconds. */
export interface ListShardsInput extends StreamAddress {
  readonly NextToken?: string | undefined;
  readonly ExclusiveStartShardId?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly StreamCreationTimestamp?: number | undefined;
  readonly ShardFilter?: ShardFilterInput | undefined;
}

/** Where a listing stands; the content of its token. */
interface ListingPlace {
  readonly streamUid: number;
  readonly filter: ShardFilter;
  readonly afterShardIndex: number;
}

/** Default and greatest page (AWS API reference). */
const SHARDS_PER_PAGE_MAX = 1000;
const OPERATION = "ListShards";

/** Exactly one of NextToken and a stream; a StreamARN beside the token is accepted when it names the token's stream. */
export const listShards: ControlOperation<ListShardsInput> = (state, input, context) => {
  const started = input.NextToken === undefined ? startListing(state, input, context) : resume(state, input, context);
  if ("error" in started) return started;
  const { stream, filter, afterShardIndex } = started.value;
  const limit = Math.min(input.MaxResults ?? SHARDS_PER_PAGE_MAX, SHARDS_PER_PAGE_MAX);
  const rest = filterShards(state, stream, filter).filter(
    (shard) => shard.shardIndex > afterShardIndex && isAfterShardId(shard, input.ExclusiveStartShardId),
  );
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next =
    rest.length > limit && last !== undefined
      ? { streamUid: stream.streamUid, filter, afterShardIndex: last.shardIndex }
      : undefined;
  return {
    output: {
      Shards: page.map(describeShard),
      ...(next === undefined ? {} : { NextToken: sealPageToken(OPERATION, next, context) }),
    },
    changes: [],
  };
};

type Listing = Omit<ListingPlace, "streamUid"> & { readonly stream: StreamRecord };

function startListing(state: ClusterState, input: ListShardsInput, context: ControlContext): Checked<Listing> {
  if (input.StreamName === undefined && input.StreamARN === undefined) {
    return invalidArgument("Either NextToken or StreamName should be provided.");
  }
  const found = findServingStream(state, input, context, OPERATION);
  if ("error" in found) return found;
  const stream = found.value;
  if (!isGeneration(stream, input.StreamCreationTimestamp)) return streamNotFound(stream);
  const filter = resolveShardFilter(input.ShardFilter, stream, context.nowMs);
  return "error" in filter ? filter : { value: { stream, filter: filter.value, afterShardIndex: -1 } };
}

function resume(state: ClusterState, input: ListShardsInput, context: ControlContext): Checked<Listing> {
  if (input.StreamName !== undefined) {
    return invalidArgument("NextToken and StreamName cannot be provided together.");
  }
  for (const member of ["StreamCreationTimestamp", "ExclusiveStartShardId", "ShardFilter"] as const) {
    if (input[member] === undefined) continue;
    return invalidArgument(`NextToken and ${member} cannot be provided together.`);
  }
  const opened = openPageToken<ListingPlace>(OPERATION, input.NextToken ?? "", context);
  if ("error" in opened) return opened;
  const { streamUid, filter, afterShardIndex } = opened.value;
  const stream = state.streams.get(streamUid);
  if (stream === undefined || (input.StreamARN !== undefined && input.StreamARN !== streamArn(stream))) {
    return invalidArgument("NextToken is invalid.");
  }
  if (stream.status !== "ACTIVE" && stream.status !== "UPDATING") return streamNotActive(stream);
  return { value: { stream, filter, afterShardIndex } };
}
