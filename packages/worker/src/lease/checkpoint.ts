/**
 * How far a shard has been processed: a {@link Checkpoint}. Sequence numbers are compared as strings, length first and
 * then digit by digit, because a Lua script (whose numbers are doubles) must come to the same verdict.
 */
import { ServiceError } from "@millrace/base";

/** Everything up to and including this record is done. Plain records have sub-sequence number 0. */
export interface RecordPosition {
  /** Decimal, without leading zeros. */
  readonly sequenceNumber: string;
  /** Index of the user record inside an aggregated record; 0 for a plain one. */
  readonly subSequenceNumber: number;
}

/** Where reading of a shard begins, or that it has ended. Spelled as the API spells iterator types. */
export type Checkpoint =
  | { readonly type: "TRIM_HORIZON" }
  | { readonly type: "LATEST" }
  | { readonly type: "AT_TIMESTAMP"; readonly timestampMs: number }
  /** Processed up to and including this position: read AT the sequence number, and drop what is not after it. */
  | ({ readonly type: "SEQUENCE" } & RecordPosition)
  /** The shard is read to its end and all of it is done. */
  | { readonly type: "SHARD_END" };

/** Where an application starts that has no checkpoints yet. */
export type InitialPosition = Extract<Checkpoint, { type: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP" }>;

/** The least position there is; what a child of a finished shard starts at. */
export const trimHorizon: Checkpoint = { type: "TRIM_HORIZON" };

/** The position of a finished shard. */
export const shardEnd: Checkpoint = { type: "SHARD_END" };

/** Negative, zero or positive, as `left` lies before, at or after `right`. */
export function comparePositions(left: RecordPosition, right: RecordPosition): number {
  const a = left.sequenceNumber;
  const b = right.sequenceNumber;
  if (a.length !== b.length) return a.length - b.length;
  if (a !== b) return a < b ? -1 : 1;
  return left.subSequenceNumber - right.subSequenceNumber;
}

/** Whether `next` may be stored over `stored`: positions grow, starting points give way to positions, the end is final. */
export function mayAdvance(stored: Checkpoint, next: RecordPosition): boolean {
  if (stored.type === "SEQUENCE") return comparePositions(next, stored) >= 0;
  return stored.type !== "SHARD_END";
}

/** `position` as a checkpoint. */
export function checkpointAt({ sequenceNumber, subSequenceNumber }: RecordPosition): Checkpoint {
  return { type: "SEQUENCE", sequenceNumber, subSequenceNumber };
}

/** The position that `checkpoint`, which is one, names. */
export function positionOf(checkpoint: Checkpoint): RecordPosition | undefined {
  return checkpoint.type === "SEQUENCE" ? checkpoint : undefined;
}

/** The stored form: a sentinel's name, `AT_TIMESTAMP:ms`, or `digits:sub`. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  if (checkpoint.type === "SEQUENCE") return `${checkpoint.sequenceNumber}:${checkpoint.subSequenceNumber}`;
  if (checkpoint.type === "AT_TIMESTAMP") return `AT_TIMESTAMP:${checkpoint.timestampMs}`;
  return checkpoint.type;
}

/** The checkpoint that {@link formatCheckpoint} wrote. Errors: USAGE for anything else. */
export function parseCheckpoint(text: string): Checkpoint {
  if (text === "TRIM_HORIZON" || text === "LATEST" || text === "SHARD_END") return { type: text };
  const [head = "", tail = ""] = text.split(":", 2);
  if (head === "AT_TIMESTAMP" && /^\d{1,16}$/.test(tail)) return { type: "AT_TIMESTAMP", timestampMs: Number(tail) };
  if (/^(0|[1-9]\d{0,127})$/.test(head) && /^\d{1,15}$/.test(tail)) {
    return { type: "SEQUENCE", sequenceNumber: head, subSequenceNumber: Number(tail) };
  }
  throw new ServiceError("USAGE", `"${text}" is not a checkpoint`);
}
