/** What SplitShard, MergeShards and UpdateShardCount ask first: an ACTIVE provisioned stream and its shards. */
import { formatShardId, parseShardId } from "@millrace/model";
import type { ClusterState, ShardRecord, StreamRecord } from "../state/cluster-state.ts";
import { type Checked, shardNotEligible, shardNotFound, streamIsOnDemand } from "./control-errors.ts";
import type { ControlContext } from "./control-operation.ts";
import { isOpenShard, visibleShards } from "./shard-view.ts";
import { findActiveStream, namedAddress, type StreamAddress } from "./stream-address.ts";

/** The stream, when it may be resharded by hand. Of `shardIds` those that mean no shard at all are refused before it is looked up. */
export function findReshardableStream(
  state: ClusterState,
  address: StreamAddress,
  context: ControlContext,
  operation: string,
  shardIds: readonly string[] = [],
): Checked<StreamRecord> {
  const named = namedAddress(address, context);
  const malformed = shardIds.find((shardId) => parseShardId(shardId) === undefined);
  if (malformed !== undefined && named !== undefined) return shardNotFound(named, malformed);
  const found = findActiveStream(state, address, context, operation);
  if ("error" in found || found.value.mode === "PROVISIONED") return found;
  return streamIsOnDemand(found.value);
}

/** The shard that `shardId` names in the stream, open or closed. */
export function findShard(state: ClusterState, stream: StreamRecord, shardId: string): Checked<ShardRecord> {
  const index = parseShardId(shardId);
  if (index === undefined) return shardNotFound(stream, shardId);
  const value = visibleShards(state, stream.streamUid).find((shard) => shard.shardIndex === index);
  return value === undefined ? shardNotFound(stream, formatShardId(index)) : { value };
}

/** The shard, when it is open. */
export function findOpenShard(state: ClusterState, stream: StreamRecord, shardId: string): Checked<ShardRecord> {
  const found = findShard(state, stream, shardId);
  if ("error" in found || isOpenShard(found.value)) return found;
  return shardNotEligible(stream, formatShardId(found.value.shardIndex));
}
