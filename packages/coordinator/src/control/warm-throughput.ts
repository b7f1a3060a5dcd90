/** Warm throughput: the write capacity that an on-demand stream of a committed account keeps ready. */
import type { ClusterState } from "../state/cluster-state.ts";
import { isCommitted } from "./account-commitment.ts";
import { type NamedStream, type Refused, validation } from "./control-errors.ts";

/** Greatest warm throughput: 10 GiB/s (AWS: UpdateStreamWarmThroughput). */
const WARM_THROUGHPUT_MAX_MIBPS = 10_240;
/** Shards of a new on-demand stream, and the fewest that scaling leaves (AWS: on-demand mode, 4 MiB/s). */
const ON_DEMAND_SHARDS_MIN = 4;

/** Why `stream` cannot have `miBps` of warm throughput, or undefined. */
export function refuseWarmThroughput(
  state: ClusterState,
  stream: NamedStream & { readonly region: string; readonly mode: string },
  miBps: number,
): Refused | undefined {
  const named = `stream ${stream.name} under account ${stream.accountId}`;
  if (stream.mode !== "ON_DEMAND")
    return validation(`WarmThroughputMiBps needs On-Demand mode, which ${named} is not in.`);
  if (!isCommitted(state, stream)) {
    return validation(
      `WarmThroughputMiBps cannot be set for ${named} because the account has no minimum throughput billing commitment.`,
    );
  }
  if (miBps <= WARM_THROUGHPUT_MAX_MIBPS) return undefined;
  return validation(`WarmThroughputMiBps cannot be greater than ${WARM_THROUGHPUT_MAX_MIBPS}. Requested: ${miBps}.`);
}

/** The fewest shards an on-demand stream may have: a shard takes 1 MiB/s. */
export function onDemandShardFloor(warmThroughputMiBps: number): number {
  return Math.max(ON_DEMAND_SHARDS_MIN, Math.ceil(warmThroughputMiBps));
}
