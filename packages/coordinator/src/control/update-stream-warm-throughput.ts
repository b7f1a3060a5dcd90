/** UpdateStreamWarmThroughput: adds shards until the stream takes the asked for throughput; less releases capacity. */
import { streamArn } from "./arn.ts";
import type { ControlOperation } from "./control-operation.ts";
import { planScalingRound, startReshardRound } from "./shard-scaling.ts";
import { isOpenShard } from "./shard-view.ts";
import { findActiveStream, type StreamAddress } from "./stream-address.ts";
import { updateStream } from "./stream-change.ts";
import { onDemandShardFloor, refuseWarmThroughput } from "./warm-throughput.ts";

/** Members of an UpdateStreamWarmThroughput request. */
export interface UpdateStreamWarmThroughputInput extends StreamAddress {
  readonly WarmThroughputMiBps: number;
}

/** A lower value lets on-demand scaling merge shards later; it merges none now. */
export const updateStreamWarmThroughput: ControlOperation<UpdateStreamWarmThroughputInput> = (
  state,
  input,
  context,
) => {
  const found = findActiveStream(state, input, context, "UpdateStreamWarmThroughput");
  if ("error" in found) return found;
  const warmThroughputMiBps = input.WarmThroughputMiBps;
  const refusal = refuseWarmThroughput(state, found.value, warmThroughputMiBps);
  if (refusal !== undefined) return refusal;
  const stream = { ...found.value, warmThroughputMiBps };
  const shards = state.shardsOf(stream.streamUid);
  const current = shards.filter(isOpenShard).length;
  const output = {
    StreamARN: streamArn(stream),
    StreamName: stream.name,
    WarmThroughput: { TargetMiBps: warmThroughputMiBps, CurrentMiBps: Math.min(warmThroughputMiBps, current) },
  };
  const target = onDemandShardFloor(warmThroughputMiBps);
  if (target <= current) return updateStream(stream, context, output);
  return { output, changes: startReshardRound(state.cluster, stream, planScalingRound(shards, target), target) };
};
