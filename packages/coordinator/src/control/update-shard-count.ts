/** UpdateShardCount: to TargetShardCount near-equal shards, in rounds of splits and merges. */
import type { ClusterState, StreamRecord } from "../state/cluster-state.ts";
import { provisionedShardCount } from "./account-usage.ts";
import { streamArn } from "./arn.ts";
import { limitExceeded, type Refused } from "./control-errors.ts";
import type { ControlContext, ControlOperation } from "./control-operation.ts";
import { recentChanges } from "./recent-changes.ts";
import { findReshardableStream } from "./reshardable-stream.ts";
import { planScalingRound, SHARDS_PER_STREAM_MAX, startReshardRound } from "./shard-scaling.ts";
import { isOpenShard } from "./shard-view.ts";
import type { StreamAddress } from "./stream-address.ts";

/** Members of an UpdateShardCount request. */
export interface UpdateShardCountInput extends StreamAddress {
  readonly TargetShardCount: number;
  readonly ScalingType: "UNIFORM_SCALING";
}

/** Calls per stream in a rolling day (AWS API reference). */
const UPDATES_PER_DAY_MAX = 10;

/** The present count again is accepted and changes nothing. */
export const updateShardCount: ControlOperation<UpdateShardCountInput> = (state, input, context) => {
  const found = findReshardableStream(state, input, context, "UpdateShardCount");
  if ("error" in found) return found;
  const stream = found.value;
  const target = input.TargetShardCount;
  const shards = state.shardsOf(stream.streamUid);
  const current = shards.filter(isOpenShard).length;
  const output = {
    StreamName: stream.name,
    CurrentShardCount: current,
    TargetShardCount: target,
    StreamARN: streamArn(stream),
  };
  const recent = recentChanges(stream.shardCountUpdatesMs, UPDATES_PER_DAY_MAX, context);
  const refusal =
    refuseCount(current, target) ??
    refuseQuota(state, context, current, target) ??
    (recent.exhausted ? tooManyUpdates(stream) : undefined);
  if (refusal !== undefined) return refusal;
  if (target === current) return { output, changes: [] };
  const updated = { ...stream, shardCountUpdatesMs: [...recent.timesMs, context.nowMs] };
  return {
    output,
    changes: startReshardRound(state.cluster, updated, planScalingRound(shards, target), target),
  };
};

function refuseCount(current: number, target: number): Refused | undefined {
  const counts = `Current open shard count: ${current} Target shard count: ${target}`;
  if (target > 2 * current) {
    return limitExceeded(`UpdateShardCount cannot scale up over double your current open shard count. ${counts}`);
  }
  if (2 * target < current) {
    return limitExceeded(`UpdateShardCount cannot scale down below half your current open shard count. ${counts}`);
  }
  return undefined;
}

function refuseQuota(
  state: ClusterState,
  context: ControlContext,
  current: number,
  target: number,
): Refused | undefined {
  const roomOfAccount = context.limits.shardsPerAccountMax - (provisionedShardCount(state, context) - current);
  const limit = Math.min(SHARDS_PER_STREAM_MAX, roomOfAccount);
  if (target <= limit || (target <= current && target <= SHARDS_PER_STREAM_MAX)) return undefined;
  return limitExceeded(
    `Target shard count or number of open shards cannot be greater than ${limit}. ` +
      `Current open shard count: ${current}, Target shard count: ${target}`,
  );
}

function tooManyUpdates(stream: StreamRecord): Refused {
  return limitExceeded(
    `UpdateShardCount was called ${UPDATES_PER_DAY_MAX} times in the last 24 hours for stream ${stream.name} under ` +
      `account ${stream.accountId}. Limit: ${UPDATES_PER_DAY_MAX}.`,
  );
}
