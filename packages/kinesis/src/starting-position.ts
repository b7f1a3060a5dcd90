/**
 * Where a reader wants to start: the arguments of GetShardIterator and SubscribeToShard, checked in two steps. The first
 * needs no state, the second the shard that was named.
 */
import { decodeSequenceNumber, offsetForPosition, type ShardSequenceBase } from "@millrace/model";
import type { ShardIteratorType } from "./generated/api.ts";
import { invalidArgument, type KinesisError } from "./kinesis-error.ts";
import { shardIdOf, type StreamAddress } from "./shard-id.ts";
import type { IteratorPosition } from "./shard-iterator.ts";

/** The arguments, named as GetShardIterator names them. Timestamps in epoch milliseconds. */
export interface StartingArguments {
  readonly type: ShardIteratorType;
  readonly startingSequenceNumber: string | undefined;
  readonly timestampMs: number | undefined;
}

/** Arguments that make sense. `latest` is for the caller to resolve: it needs the end of the shard. */
export type StartingPoint =
  | { readonly kind: "trimHorizon" }
  | { readonly kind: "latest" }
  | { readonly kind: "timestamp"; readonly timestampMs: number }
  | { readonly kind: "sequenceNumber"; readonly text: string; readonly type: "at" | "after" };

/** A value or the error to answer. */
export type Checked<T> = { readonly ok: T } | { readonly error: KinesisError };

const COMBINATION_TEXT =
  "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ";
const LEGACY_BIT = 1n << 124n;
const LEGACY_INDEX_MASK = 0xffffn;

/** First step: whether type, number and time go together, and the time is not in the future. */
export function checkStartingArguments(input: StartingArguments, nowMs: number): Checked<StartingPoint> {
  const { type, startingSequenceNumber: text, timestampMs } = input;
  const bySequence = type === "AT_SEQUENCE_NUMBER" || type === "AFTER_SEQUENCE_NUMBER";
  if (bySequence && text === undefined) {
    return refuse(`${COMBINATION_TEXT}Request specified ${type} and no StartingSequenceNumber.`);
  }
  if (!bySequence && text !== undefined) {
    return refuse(`${COMBINATION_TEXT}Request specified ${type} and also a StartingSequenceNumber.`);
  }
  if (bySequence) {
    return { ok: { kind: "sequenceNumber", text: text ?? "", type: type === "AT_SEQUENCE_NUMBER" ? "at" : "after" } };
  }
  if (type === "LATEST") return { ok: { kind: "latest" } };
  if (type === "TRIM_HORIZON") return { ok: { kind: "trimHorizon" } };
  if (timestampMs === undefined) {
    return refuse(
      "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
    );
  }
  if (timestampMs > nowMs) {
    return refuse(
      `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${timestampMs}, currentTimestampInMillis: ${nowMs}`,
    );
  }
  return { ok: { kind: "timestamp", timestampMs } };
}

/** The shard a reader named, and the operation's name for messages. */
export interface StartingContext {
  readonly operation: "GetShardIterator" | "SubscribeToShard";
  readonly shard: ShardSequenceBase;
  readonly stream: StreamAddress;
}

/** Second step for sequence numbers: the position in this very shard. `text` is decimal digits. */
export function positionOfSequenceNumber(
  text: string,
  type: "at" | "after",
  context: StartingContext,
): Checked<IteratorPosition> {
  const { shard, stream, operation } = context;
  const shardId = shardIdOf(shard.shardIndex);
  const invalid =
    `StartingSequenceNumber ${text} used in ${operation} on shard ${shardId} in stream ${stream.streamName} ` +
    `under account ${stream.accountId} is invalid`;
  const value = BigInt(text);
  const fields = decodeSequenceNumber(value);
  const encodedIndex = fields?.shardIndex ?? legacyShardIndex(value);
  if (encodedIndex === undefined) return refuse(`${invalid}.`);
  if (encodedIndex !== shard.shardIndex) {
    return refuse(
      `Invalid StartingSequenceNumber. It encodes ${shardIdOf(encodedIndex)}, while it was used in a call to a shard with ${shardId}`,
    );
  }
  if (fields === undefined) return refuse(`${invalid}.`);
  if (fields.shardCreatedSeconds !== shard.shardCreatedSeconds) {
    return refuse(`${invalid} because it did not come from this stream.`);
  }
  return { ok: { kind: "offset", offset: offsetForPosition(fields, type) } };
}

/** Numbers of the first layout are short and end in 16 bits of shard index; "5" means shard 5 in it. */
function legacyShardIndex(value: bigint): number | undefined {
  const padded = value < LEGACY_BIT ? value + LEGACY_BIT : value;
  return padded < 2n * LEGACY_BIT ? Number(padded & LEGACY_INDEX_MASK) : undefined;
}

function refuse(message: string): { readonly error: KinesisError } {
  return { error: invalidArgument(message) };
}
