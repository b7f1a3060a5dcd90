/**
 * What a worker and a command of any language say to each other: one JSON object per line on the command's standard input
 * and output. `docs/formats/worker-exec.md` describes it for those who write such commands. Pure.
 */
import type { BatchContext, ConsumedRecord, ShardContext } from "../handler/handler.ts";

/** Grows when a command written for the version before would misunderstand something. */
export const EXEC_PROTOCOL_VERSION = 1;

/** What is told about a shard besides its records. */
export type ShardMoment = "shard-started" | "shard-ended" | "shard-stopped";

/** A line from the command. `id` is that of the message it answers. */
export type ExecAnswer =
  | { readonly type: "done"; readonly id: number }
  | { readonly type: "handled"; readonly id: number; readonly count: number }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly message: string;
      /** Index of the record at fault; those before it are done. */
      readonly failedIndex?: number;
    };

/** The first line to a command that has been started. */
export function helloLine(): string {
  return `${JSON.stringify({ type: "hello", protocol: EXEC_PROTOCOL_VERSION })}\n`;
}

/** Records to be handled. */
export function recordsLine(id: number, records: readonly ConsumedRecord[], context: BatchContext): string {
  return `${JSON.stringify({
    type: "records",
    id,
    ...shardMembers(context),
    attempt: context.attempt,
    millisBehindLatest: context.millisBehindLatest,
    records: records.map((record) => ({
      sequenceNumber: record.sequenceNumber,
      subSequenceNumber: record.subSequenceNumber,
      partitionKey: record.partitionKey,
      explicitHashKey: record.explicitHashKey,
      arrivalMs: record.arrivalMs,
      data: Buffer.from(record.data.buffer, record.data.byteOffset, record.data.byteLength).toString("base64"),
    })),
  })}\n`;
}

/** Something happened to a shard. */
export function momentLine(id: number, type: ShardMoment, context: ShardContext): string {
  return `${JSON.stringify({ type, id, ...shardMembers(context) })}\n`;
}

/** The answer to message `id` is of no use any more; it is awaited all the same, as a sign of life. */
export function cancelLine(id: number): string {
  return `${JSON.stringify({ type: "cancel", id })}\n`;
}

/** The answer in a line, or undefined when it is none: a stray print, which is no answer to anything. */
export function parseAnswer(line: string): ExecAnswer | undefined {
  if (!line.startsWith("{")) return undefined;
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    // Not JSON, so not an answer.
    return undefined;
  }
  const { type, id, count, message, failedIndex } = value;
  if (!isCount(id)) return undefined;
  if (type === "done") return { type, id };
  if (type === "handled" && isCount(count)) return { type, id, count };
  if (type !== "failed") return undefined;
  const text = typeof message === "string" ? message : "the command gave no message";
  return { type, id, message: text, ...(isCount(failedIndex) ? { failedIndex } : {}) };
}

function shardMembers({ stream, shardId, fencingToken }: ShardContext): object {
  return { stream, shardId, fencingToken };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
