/** Checks of put arguments that the model's constraints do not cover. Each answers the error, or undefined. */
import { decodeSequenceNumber } from "@millrace/model";
import { HASH_KEY_MAX } from "./hash-range-table.ts";
import { invalidArgument, type KinesisError } from "./kinesis-error.ts";
import type { StreamAddress } from "./shard-id.ts";

/** Most key and data bytes of one PutRecords. */
export const PUT_RECORDS_BYTES_MAX: number = 10 * 1024 * 1024;

/** An ExplicitHashKey (decimal digits) must be a 128-bit number. One that is not fails all of a PutRecords. */
export function explicitHashKeyFault(text: string): KinesisError | undefined {
  if (BigInt(text) <= HASH_KEY_MAX) return undefined;
  return invalidArgument(
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${text}`,
  );
}

/**
 * SequenceNumberForOrdering (decimal digits) must be well-formed, of any stream and shard, and not of the future.
 * Version 1 differs from version 2 in its last digit only as far as this check goes.
 */
export function orderingNumberFault(text: string, stream: StreamAddress, nowMs: number): KinesisError | undefined {
  const value = BigInt(text);
  const version = value & 0xfn;
  const fields = decodeSequenceNumber(version === 1n ? value + 1n : value);
  if (fields !== undefined && fields.timeSeconds * 1000 <= nowMs) return undefined;
  return invalidArgument(
    `ExclusiveMinimumSequenceNumber ${text} used in PutRecord on stream ${stream.streamName} under account ${stream.accountId} is invalid.`,
  );
}

/** A service-managed stream takes no ordering: its placement is not the caller's. */
export function orderingOnAutoStream(): KinesisError {
  return invalidArgument(
    "SequenceNumberForOrdering is not supported for streams with the AUTO record distribution strategy.",
  );
}

/** Key and data bytes of all records of a PutRecords. */
export function putRecordsBytesFault(bytes: number): KinesisError | undefined {
  return bytes <= PUT_RECORDS_BYTES_MAX ? undefined : invalidArgument("Records size exceeds 10 MB limit");
}
