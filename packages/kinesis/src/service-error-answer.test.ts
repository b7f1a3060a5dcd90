import { ServiceError, serviceErrorCodes } from "@millrace/base";
import { expect, test } from "vitest";
import { answerOf, recordAnswerOf, shardRateExceeded } from "./service-error-answer.ts";

const text = shardRateExceeded("shardId-000000000001", "s", "000000000000");

test("every code has the answer this table says", () => {
  const table = serviceErrorCodes.map((code) => {
    const { type, status } = answerOf(new ServiceError(code, "secret detail"), text);
    return `${code} ${status} ${type}`;
  });
  expect(table).toEqual([
    "NOT_LEADER 503 ServiceUnavailable",
    "UNKNOWN_SHARD 503 ServiceUnavailable",
    "SHARD_CLOSED 503 ServiceUnavailable",
    "THROTTLED 400 ProvisionedThroughputExceededException",
    "OVERLOADED 503 ServiceUnavailable",
    "DISK_FULL 503 ServiceUnavailable",
    "NO_QUORUM 500 InternalFailureException",
    "DEADLINE 500 InternalFailureException",
    "UNAVAILABLE 500 InternalFailureException",
    "DAMAGED 500 InternalFailure",
    "CONFLICT 503 ServiceUnavailable",
    "VERSION 503 ServiceUnavailable",
    "NOT_READY 503 ServiceUnavailable",
    "USAGE 500 InternalFailure",
    "INTERNAL 500 InternalFailure",
  ]);
});

test("no answer tells the inner message; throttles name the shard", () => {
  for (const code of serviceErrorCodes) {
    expect(JSON.stringify(answerOf(new ServiceError(code, "secret"), text))).not.toContain("secret");
  }
  expect(answerOf(new ServiceError("THROTTLED", "x"), text).message).toBe(
    "Rate exceeded for shard shardId-000000000001 in stream s under account 000000000000.",
  );
});

test("records fail with one of two codes", () => {
  expect(recordAnswerOf(new ServiceError("THROTTLED", "x"), text)).toEqual({
    ErrorCode: "ProvisionedThroughputExceededException",
    ErrorMessage: text,
  });
  expect(recordAnswerOf(new ServiceError("OVERLOADED", "x"), text)).toEqual({
    ErrorCode: "InternalFailure",
    ErrorMessage: "Internal service failure.",
  });
});
