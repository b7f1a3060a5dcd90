/** Parts that several descriptions of a stream share. */
import type { StreamRecord } from "../state/cluster-state.ts";
import { streamAddressOf } from "./stream-address.ts";

/** StreamName, StreamARN, StreamStatus and StreamModeDetails. */
export function describeStreamHead(stream: StreamRecord): Readonly<Record<string, unknown>> {
  return {
    ...streamAddressOf(stream),
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: stream.mode },
  };
}

/** RetentionPeriodHours, StreamCreationTimestamp, EnhancedMonitoring, EncryptionType and, when encrypted, KeyId. */
export function describeStreamSettings(stream: StreamRecord): Readonly<Record<string, unknown>> {
  return {
    RetentionPeriodHours: stream.retentionHours,
    StreamCreationTimestamp: stream.createdMs,
    EnhancedMonitoring: [{ ShardLevelMetrics: stream.shardMetrics }],
    EncryptionType: stream.encryptionKeyId === "" ? "NONE" : "KMS",
    ...(stream.encryptionKeyId === "" ? {} : { KeyId: stream.encryptionKeyId }),
  };
}
