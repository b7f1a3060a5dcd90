/** UpdateStreamMode: between PROVISIONED and ON_DEMAND; the shards stay as they are until on-demand scaling moves them. */
import type { ClusterState, StreamRecord } from "../state/cluster-state.ts";
import { refuseMoreOnDemandStreams, refuseMoreShards } from "./account-usage.ts";
import { invalidArgument, limitExceeded, type Refused } from "./control-errors.ts";
import type { ControlContext, ControlOperation } from "./control-operation.ts";
import { recentChanges } from "./recent-changes.ts";
import { isOpenShard } from "./shard-view.ts";
import { findActiveStream } from "./stream-address.ts";
import { changeNothing, updateStream } from "./stream-change.ts";
import { refuseWarmThroughput } from "./warm-throughput.ts";

/** Members of an UpdateStreamMode request. */
export interface UpdateStreamModeInput {
  readonly StreamARN: string;
  readonly StreamModeDetails: { readonly StreamMode: "PROVISIONED" | "ON_DEMAND" };
  readonly WarmThroughputMiBps?: number | undefined;
}

/** Switches per stream in a rolling day (AWS API reference). */
const MODE_CHANGES_PER_DAY_MAX = 2;

/** The present mode again is accepted and changes nothing but the warm throughput. */
export const updateStreamMode: ControlOperation<UpdateStreamModeInput> = (state, input, context) => {
  const found = findActiveStream(state, { StreamARN: input.StreamARN }, context, "UpdateStreamMode");
  if ("error" in found) return found;
  const stream = found.value;
  const mode = input.StreamModeDetails.StreamMode;
  const warm = input.WarmThroughputMiBps;
  const warmRefusal = warm === undefined ? undefined : refuseWarmThroughput(state, { ...stream, mode }, warm);
  if (warmRefusal !== undefined) return warmRefusal;
  if (mode === stream.mode) {
    return warm === undefined ? changeNothing() : updateStream({ ...stream, warmThroughputMiBps: warm }, context);
  }
  const recent = recentChanges(stream.modeChangesMs, MODE_CHANGES_PER_DAY_MAX, context);
  if (recent.exhausted) {
    return limitExceeded(
      `The mode of stream ${stream.name} under account ${stream.accountId} was changed ${MODE_CHANGES_PER_DAY_MAX} times in the ` +
        `last 24 hours. Limit: ${MODE_CHANGES_PER_DAY_MAX}.`,
    );
  }
  const refusal = refuseMode(state, stream, mode, context);
  if (refusal !== undefined) return refusal;
  const warmThroughputMiBps = mode === "ON_DEMAND" ? (warm ?? 0) : 0;
  return updateStream(
    { ...stream, mode, warmThroughputMiBps, modeChangesMs: [...recent.timesMs, context.nowMs] },
    context,
  );
};

function refuseMode(
  state: ClusterState,
  stream: StreamRecord,
  mode: StreamRecord["mode"],
  context: ControlContext,
): Refused | undefined {
  if (mode === "PROVISIONED") {
    if (stream.distribution === "AUTO") {
      return invalidArgument(
        `Stream ${stream.name} under account ${stream.accountId} uses RecordDistributionStrategy AUTO, which needs ` +
          "ON_DEMAND mode. Change it to USER_PARTITION_KEY first.",
      );
    }
    return refuseMoreShards(state, context, state.shardsOf(stream.streamUid).filter(isOpenShard).length);
  }
  return refuseMoreOnDemandStreams(state, context);
}
