/** ListShards: shards of a stream by filter, in pages, by shard id. */
import { type Checked, invalidArgument, type Refused, streamNotActive, streamNotFound } from "./control-errors.ts";
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

/** Where a listing stands; the content of its token. `asked` is what the first page's request said beside its stream. */
interface ListingPlace {
  readonly streamUid: number;
  readonly filter: ShardFilter;
  readonly afterShardIndex: number;
  readonly asked: Asked;
}

type Asked = Pick<ListShardsInput, "StreamCreationTimestamp" | "ExclusiveStartShardId" | "ShardFilter">;

/** Default and greatest page (AWS API reference). */
const SHARDS_PER_PAGE_MAX = 1000;
const OPERATION = "ListShards";

/**
 * Exactly one of NextToken and a stream, except that the token may come with the very members of the first page's request:
 * botocore's paginator and the AWS CLI repeat them, which production refuses, so that neither can list a second page there.
 */
export const listShards: ControlOperation<ListShardsInput> = (state, input, context) => {
  const started = input.NextToken === undefined ? startListing(state, input, context) : resume(state, input, context);
  if ("error" in started) return started;
  const { stream, filter, afterShardIndex, asked } = started.value;
  const limit = Math.min(input.MaxResults ?? SHARDS_PER_PAGE_MAX, SHARDS_PER_PAGE_MAX);
  const rest = filterShards(state, stream, filter).filter(
    (shard) => shard.shardIndex > afterShardIndex && isAfterShardId(shard, asked.ExclusiveStartShardId),
  );
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next =
    rest.length > limit && last !== undefined
      ? { streamUid: stream.streamUid, filter, afterShardIndex: last.shardIndex, asked }
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
  if ("error" in filter) return filter;
  const { StreamCreationTimestamp, ExclusiveStartShardId, ShardFilter: asWritten } = input;
  const asked = { StreamCreationTimestamp, ExclusiveStartShardId, ShardFilter: asWritten };
  return { value: { stream, filter: filter.value, afterShardIndex: -1, asked } };
}

function resume(state: ClusterState, input: ListShardsInput, context: ControlContext): Checked<Listing> {
  const opened = openPageToken<ListingPlace>(OPERATION, input.NextToken ?? "", context);
  if ("error" in opened) return opened.error.type === "InvalidArgumentException" ? refuseBeside(input, opened) : opened;
  const { streamUid, filter, afterShardIndex, asked } = opened.value;
  const stream = state.streams.get(streamUid);
  if (stream === undefined) return refuseBeside(input, invalidArgument("NextToken is invalid."));
  const first = { ...asked, StreamName: stream.name, StreamARN: streamArn(stream) };
  const other = excludedMembers.find((member) => input[member] !== undefined && !isSame(input[member], first[member]));
  if (other !== undefined) return invalidArgument(`NextToken and ${other} cannot be provided together.`);
  if (stream.status !== "ACTIVE" && stream.status !== "UPDATING") return streamNotActive(stream);
  return { value: { stream, filter, afterShardIndex, asked } };
}

const excludedMembers = [
  "StreamName",
  "StreamARN",
  "StreamCreationTimestamp",
  "ExclusiveStartShardId",
  "ShardFilter",
] as const;

/** `refusal`, unless the token came with what may never stand beside a token that is not of the same listing. */
function refuseBeside(input: ListShardsInput, refusal: Refused): Refused {
  const beside = excludedMembers.find((member) => input[member] !== undefined);
  return beside === undefined ? refusal : invalidArgument(`NextToken and ${beside} cannot be provided together.`);
}

/** Whether two members are equal as JSON; tokens hold JSON, and inputs have the model's order of members. */
function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
