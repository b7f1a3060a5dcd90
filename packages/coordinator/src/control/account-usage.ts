/** What an account uses of its quotas in one region. */
import type { ClusterState, StreamRecord } from "../state/cluster-state.ts";
import { limitExceeded, type Refused, shardLimitExceeded } from "./control-errors.ts";
import type { ControlContext } from "./control-operation.ts";
import { isOpenShard } from "./shard-view.ts";

/** The caller's streams in the caller's region, by name in code-unit order. */
export function streamsOfCaller(state: ClusterState, context: ControlContext): readonly StreamRecord[] {
  return [...state.streams.values()]
    .filter((stream) => stream.accountId === context.accountId && stream.region === context.region)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Open shards of provisioned streams, counting those that a stream in CREATING will open. */
export function provisionedShardCount(state: ClusterState, context: ControlContext): number {
  let count = 0;
  for (const stream of streamsOfCaller(state, context)) {
    if (stream.mode !== "PROVISIONED" || stream.status === "DELETING") continue;
    const shards = state.shardsOf(stream.streamUid);
    count += stream.status === "CREATING" ? shards.length : shards.filter(isOpenShard).length;
  }
  return count;
}

/** On-demand streams that are there or coming. */
export function onDemandStreamCount(state: ClusterState, context: ControlContext): number {
  return streamsOfCaller(state, context).filter((stream) => stream.mode === "ON_DEMAND").length;
}

/** The refusal of `additional` more provisioned shards, or undefined when the quota has room. */
export function refuseMoreShards(
  state: ClusterState,
  context: ControlContext,
  additional: number,
): Refused | undefined {
  const current = provisionedShardCount(state, context);
  const limit = context.limits.shardsPerAccountMax;
  if (current + additional <= limit) return undefined;
  const { accountId, region } = context;
  return shardLimitExceeded({ accountId, region, current, limit, additional });
}

/** The refusal of one more on-demand stream, or undefined when the quota has room. */
export function refuseMoreOnDemandStreams(state: ClusterState, context: ControlContext): Refused | undefined {
  const limit = context.limits.onDemandStreamsMax;
  if (onDemandStreamCount(state, context) < limit) return undefined;
  return limitExceeded(
    `This request would exceed the limit on the number of on-demand streams for the account ${context.accountId} ` +
      `in ${context.region}. Limit: ${limit}.`,
  );
}
