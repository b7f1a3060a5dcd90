/** One request from when it is made until every record in it is settled or back in a queue. */
import type { PackedEntry } from "./pack-entries.ts";
import type { PendingRecord } from "./pending-record.ts";
import type { ShardLane } from "./shard-lane.ts";

/** Entries of one lane. */
export interface BatchPart {
  readonly lane: ShardLane;
  readonly entries: readonly PackedEntry[];
}

/** A request: its parts one after another. It keeps its identity for as long as exactly the same entries are sent again. */
export interface PutBatch {
  /** Of different lanes. */
  readonly parts: readonly BatchPart[];
  readonly entryCount: number;
  readonly invocationId: string;
  /** No record in it is past its deadline before this. */
  readonly earliestDeadlineMs: number;
  /** Failures in a row. */
  failures: number;
  /** When to send it again; undefined while an answer is awaited. */
  retryAtMs: number | undefined;
}

/** The batch of `parts`. */
export function makeBatch(parts: readonly BatchPart[], invocationId: string): PutBatch {
  let earliestDeadlineMs = Infinity;
  let entryCount = 0;
  for (const { entries } of parts) {
    entryCount += entries.length;
    for (const { records } of entries) {
      for (const { deadlineMs } of records) if (deadlineMs < earliestDeadlineMs) earliestDeadlineMs = deadlineMs;
    }
  }
  return { parts, entryCount, invocationId, earliestDeadlineMs, failures: 0, retryAtMs: undefined };
}

/** All records of a batch. */
export function recordsOf(batch: PutBatch): PendingRecord[] {
  return batch.parts.flatMap(({ entries }) => entries.flatMap(({ records }) => records));
}

/** The two halves of what is in a batch of at least two entries. */
export function halvesOf({ parts, entryCount }: PutBatch): [BatchPart[], BatchPart[]] {
  const middle = entryCount >> 1;
  const halves: [BatchPart[], BatchPart[]] = [[], []];
  let before = 0;
  for (const { lane, entries } of parts) {
    const cut = Math.min(Math.max(middle - before, 0), entries.length);
    if (cut > 0) halves[0].push({ lane, entries: entries.slice(0, cut) });
    if (cut < entries.length) halves[1].push({ lane, entries: entries.slice(cut) });
    before += entries.length;
  }
  return halves;
}
