/** Where records go whose attempts are used up, and the JSON form that files and streams of them share. */
import type { ConsumedRecord } from "../handler/handler.ts";

/** Records that were given up together. */
export interface DeadLetter {
  readonly stream: string;
  readonly shardId: string;
  readonly records: readonly ConsumedRecord[];
  readonly attempts: number;
  readonly error: unknown;
  readonly atMs: number;
}

/** Resolves when the letter is safe; a rejection is tried again, for ever: nothing is skipped in silence. */
export type DeadLetterSink = (letter: DeadLetter, signal: AbortSignal) => Promise<void>;

/** One record of a letter as a line of JSON, without a line end. `dataBase64` holds the data as the handler got them. */
export function deadLetterLine(letter: DeadLetter, record: ConsumedRecord): string {
  return JSON.stringify({
    stream: letter.stream,
    shardId: letter.shardId,
    sequenceNumber: record.sequenceNumber,
    subSequenceNumber: record.subSequenceNumber,
    partitionKey: record.partitionKey,
    explicitHashKey: record.explicitHashKey,
    arrivalMs: record.arrivalMs,
    attempts: letter.attempts,
    error: letter.error instanceof Error ? letter.error.message : String(letter.error),
    atMs: letter.atMs,
    dataBase64: Buffer.from(record.data).toString("base64"),
  });
}
