/** DisableEnhancedMonitoring: switches shard-level metrics off. */
import type { ControlOperation } from "./control-operation.ts";
import { describeMonitoringChange, type EnhancedMonitoringInput, expandMetrics } from "./enhanced-monitoring.ts";
import { findActiveStream } from "./stream-address.ts";
import { updateStream } from "./stream-change.ts";

/** See the file comment. */
export const disableEnhancedMonitoring: ControlOperation<EnhancedMonitoringInput> = (state, input, context) => {
  const found = findActiveStream(state, input, context, "DisableEnhancedMonitoring");
  if ("error" in found) return found;
  const stream = found.value;
  const off = expandMetrics(input.ShardLevelMetrics);
  const shardMetrics = stream.shardMetrics.filter((metric) => !off.includes(metric));
  return updateStream({ ...stream, shardMetrics }, context, describeMonitoringChange(stream, shardMetrics));
};
