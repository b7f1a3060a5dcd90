/**
 * DescribeStreamSummary: the stream without its shards. Never a StreamId: clients cache it, and an SDK that sends one
 * leaves its configured endpoint for AWS.
 */
import { isCommitted } from "./account-commitment.ts";
import type { ControlOperation } from "./control-operation.ts";
import { isOpenShard } from "./shard-view.ts";
import { findStream, type StreamAddress } from "./stream-address.ts";
import { describeStreamHead, describeStreamSettings } from "./stream-view.ts";

/** WarmThroughput only for on-demand streams of committed accounts, RecordDistributionStrategy only on demand. */
export const describeStreamSummary: ControlOperation<StreamAddress> = (state, input, context) => {
  const found = findStream(state, input, context, "DescribeStreamSummary");
  if ("error" in found) return found;
  const stream = found.value;
  const open = state.shardsOf(stream.streamUid).filter(isOpenShard).length;
  const onDemand = stream.mode === "ON_DEMAND";
  const warm = stream.warmThroughputMiBps;
  return {
    output: {
      StreamDescriptionSummary: {
        ...describeStreamHead(stream),
        ...describeStreamSettings(stream),
        OpenShardCount: open,
        ConsumerCount: state.consumersOf(stream.streamUid).length,
        ...(onDemand && isCommitted(state, stream)
          ? { WarmThroughput: { TargetMiBps: warm, CurrentMiBps: Math.min(warm, open) } }
          : {}),
        MaxRecordSizeInKiB: stream.maxRecordSizeInKiB,
        ...(onDemand ? { RecordDistributionStrategy: stream.distribution } : {}),
      },
    },
    changes: [],
  };
};
