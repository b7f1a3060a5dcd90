/** What clients are told when something inside the cluster failed: the one table from our codes to the API's errors. */
import type { ServiceError, ServiceErrorCode } from "@millrace/base";
import { kinesisError, type KinesisError } from "./kinesis-error.ts";

/** The text of a failure whose details are ours alone. */
const INTERNAL_TEXT = "Internal service failure.";

/**
 * - THROTTLED is the shard's own limit: the error that producers and consumers slow down on.
 * - Where nothing was written and another try may well succeed, 503: every SDK retries 5xx as transient, with backoff.
 *   Not a throttling error, because operators read those as "add shards" and adaptive clients then slow down for
 *   minutes for what is over in seconds.
 * - Where the outcome is unknown, 500 as production answers it. SDKs retry that too, and their invocation id makes the
 *   retry harmless.
 * - Defects and damage: 500 without text.
 */
const typeOf: Readonly<Record<ServiceErrorCode, string>> = {
  THROTTLED: "ProvisionedThroughputExceededException",
  OVERLOADED: "ServiceUnavailable",
  DISK_FULL: "ServiceUnavailable",
  NOT_READY: "ServiceUnavailable",
  VERSION: "ServiceUnavailable",
  NOT_LEADER: "ServiceUnavailable",
  UNKNOWN_SHARD: "ServiceUnavailable",
  SHARD_CLOSED: "ServiceUnavailable",
  CONFLICT: "ServiceUnavailable",
  NO_QUORUM: "InternalFailureException",
  DEADLINE: "InternalFailureException",
  UNAVAILABLE: "InternalFailureException",
  DAMAGED: "InternalFailure",
  USAGE: "InternalFailure",
  INTERNAL: "InternalFailure",
};

/** The whole-call answer for `error`. `throttledText` is the message when it is a throttle, e.g. {@link shardRateExceeded}. */
export function answerOf(error: ServiceError, throttledText: string): KinesisError {
  const type = typeOf[error.code];
  switch (type) {
    case "ProvisionedThroughputExceededException":
      return kinesisError(type, throttledText);
    case "ServiceUnavailable":
      return kinesisError(type, "The service is temporarily unable to handle the request.");
    case "InternalFailureException":
      return kinesisError(type, INTERNAL_TEXT);
    default:
      return kinesisError(type);
  }
}

/** The entry of a record that failed in PutRecords. Its only codes are the throttle and `InternalFailure`. */
export function recordAnswerOf(
  error: ServiceError,
  throttledText: string,
): { readonly ErrorCode: string; readonly ErrorMessage: string } {
  const type = typeOf[error.code];
  if (type === "ProvisionedThroughputExceededException") return { ErrorCode: type, ErrorMessage: throttledText };
  return { ErrorCode: "InternalFailure", ErrorMessage: INTERNAL_TEXT };
}

/** Message of a throttled write or read of one shard. */
export function shardRateExceeded(shardId: string, streamName: string, accountId: string): string {
  return `Rate exceeded for shard ${shardId} in stream ${streamName} under account ${accountId}.`;
}
