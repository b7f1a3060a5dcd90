/**
 * ListShards filters. A shard is open in the time after its opening up to its closing; a child opens at the very
 * millisecond its parents close, so the shards open at any one time cover the key space exactly, which consumers check.
 */
import { assert, unreachable } from "@millrace/base";
import { formatShardId } from "@millrace/model";
import type { ClusterState, ShardRecord, StreamRecord } from "../state/cluster-state.ts";
import { type Checked, invalidArgument } from "./control-errors.ts";
import { isAfterShardId, isOpenShard, visibleShards } from "./shard-view.ts";

/** AWS's ShardFilter structure; Timestamp in epoch milliseconds. */
export interface ShardFilterInput {
  readonly Type:
    | "AFTER_SHARD_ID"
    | "AT_TRIM_HORIZON"
    | "FROM_TRIM_HORIZON"
    | "AT_LATEST"
    | "AT_TIMESTAMP"
    | "FROM_TIMESTAMP";
  readonly ShardId?: string | undefined;
  readonly Timestamp?: number | undefined;
}

/** A filter with its missing members refused and its time fixed, so that later pages answer the same question. */
export type ShardFilter =
  | { readonly kind: "after"; readonly shardId: string }
  | { readonly kind: "open-at"; readonly atMs: number }
  | { readonly kind: "open-since"; readonly sinceMs: number }
  | { readonly kind: "open-now" };

/** The filter that `input` asks of `stream` at `nowMs`. Times before the trim horizon count as the horizon. */
export function resolveShardFilter(
  input: ShardFilterInput | undefined,
  stream: StreamRecord,
  nowMs: number,
): Checked<ShardFilter> {
  const horizonMs = nowMs - stream.retentionHours * 3_600_000;
  const type = input?.Type ?? "FROM_TRIM_HORIZON";
  const timestamp = input?.Timestamp;
  switch (type) {
    case "AFTER_SHARD_ID":
      if (input?.ShardId === undefined) return invalidArgument("ShardId must be provided for filter AFTER_SHARD_ID.");
      return { value: { kind: "after", shardId: input.ShardId } };
    case "AT_TRIM_HORIZON":
      return { value: { kind: "open-at", atMs: horizonMs } };
    case "FROM_TRIM_HORIZON":
      return { value: { kind: "open-since", sinceMs: horizonMs } };
    case "AT_LATEST":
      return { value: { kind: "open-now" } };
    case "AT_TIMESTAMP":
    case "FROM_TIMESTAMP": {
      if (timestamp === undefined) return invalidArgument(`Timestamp must be provided for filter ${type}.`);
      const timeMs = Math.max(timestamp, horizonMs);
      return {
        value: type === "AT_TIMESTAMP" ? { kind: "open-at", atMs: timeMs } : { kind: "open-since", sinceMs: timeMs },
      };
    }
    default:
      return unreachable(type);
  }
}

/** The visible shards of `stream` that pass `filter`, by shard index. */
export function filterShards(state: ClusterState, stream: StreamRecord, filter: ShardFilter): readonly ShardRecord[] {
  const shards = visibleShards(state, stream.streamUid);
  switch (filter.kind) {
    case "after":
      return shards.filter((shard) => isAfterShardId(shard, filter.shardId));
    case "open-now":
      return shards.filter(isOpenShard);
    case "open-since":
      return shards.filter((shard) => isOpenShard(shard) || shard.closedMs >= filter.sinceMs);
    case "open-at":
      return openAt(shards, filter.atMs);
    default:
      return unreachable(filter);
  }
}

/** Times before the stream's first shards mean the moment they opened. */
function openAt(shards: readonly ShardRecord[], atMs: number): readonly ShardRecord[] {
  const byId = new Map(shards.map((shard) => [formatShardId(shard.shardIndex), shard]));
  return shards.filter((shard) => {
    if (!isOpenShard(shard) && shard.closedMs < atMs) return false;
    const parents = shard.parentShardIds.map((parentId) => byId.get(parentId));
    // A parent that is gone has expired: it closed before every horizon.
    return parents.every((parent) => {
      assert(parent === undefined || parent.state === "closed", "a visible shard's parents have closed");
      return parent === undefined || parent.closedMs < atMs;
    });
  });
}
