/** Shard-level metrics: names, "ALL", and the answer that Enable and Disable share. */
import type { StreamRecord } from "../state/cluster-state.ts";
import { streamArn } from "./arn.ts";
import type { StreamAddress } from "./stream-address.ts";

/** Members of both requests; "ALL" stands for every metric. */
export interface EnhancedMonitoringInput extends StreamAddress {
  readonly ShardLevelMetrics: readonly string[];
}

const SHARD_LEVEL_METRICS: readonly string[] = [
  "IncomingBytes",
  "IncomingRecords",
  "OutgoingBytes",
  "OutgoingRecords",
  "WriteProvisionedThroughputExceeded",
  "ReadProvisionedThroughputExceeded",
  "IteratorAgeMilliseconds",
];

/** The metrics that `wanted` names, "ALL" expanded, in one fixed order without repeats. */
export function expandMetrics(wanted: readonly string[]): readonly string[] {
  return SHARD_LEVEL_METRICS.filter((metric) => wanted.includes(metric) || wanted.includes("ALL"));
}

/** EnhancedMonitoringOutput: the metrics before and after. */
export function describeMonitoringChange(
  stream: StreamRecord,
  desired: readonly string[],
): Readonly<Record<string, unknown>> {
  return {
    StreamName: stream.name,
    CurrentShardLevelMetrics: stream.shardMetrics,
    DesiredShardLevelMetrics: desired,
    StreamARN: streamArn(stream),
  };
}
