/** EnableEnhancedMonitoring: switches shard-level metrics on. */
import type { ControlOperation } from "./control-operation.ts";
import { describeMonitoringChange, type EnhancedMonitoringInput, expandMetrics } from "./enhanced-monitoring.ts";
import { findActiveStream } from "./stream-address.ts";
import { updateStream } from "./stream-change.ts";

/** See the file comment. */
export const enableEnhancedMonitoring: ControlOperation<EnhancedMonitoringInput> = (state, input, context) => {
  const found = findActiveStream(state, input, context, "EnableEnhancedMonitoring");
  if ("error" in found) return found;
  const stream = found.value;
  const shardMetrics = expandMetrics([...stream.shardMetrics, ...input.ShardLevelMetrics]);
  return updateStream({ ...stream, shardMetrics }, context, describeMonitoringChange(stream, shardMetrics));
};
