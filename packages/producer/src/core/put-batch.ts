/** One request from when it is made until every record in it is settled or back in a queue. */
import type { PackedEntry } from "./pack-entries.ts";
import type { ShardLane } from "./shard-lane.ts";

/** An entry and the lane that it was taken from. */
export interface BatchEntry extends PackedEntry {
  readonly lane: ShardLane;
}

/** A request. It keeps its identity for as long as exactly the same entries are sent again. */
export interface PutBatch {
  readonly entries: readonly BatchEntry[];
  readonly lanes: ReadonlySet<ShardLane>;
  readonly invocationId: string;
  /** No record in it is past its deadline before this. */
  readonly earliestDeadlineMs: number;
  /** Failures in a row. */
  failures: number;
  /** When to send it again; undefined while an answer is awaited. */
  retryAtMs: number | undefined;
}

/** The batch of `entries`. */
export function makeBatch(entries: readonly BatchEntry[], invocationId: string): PutBatch {
  const lanes = new Set<ShardLane>();
  let earliestDeadlineMs = Infinity;
  for (const { lane, records } of entries) {
    lanes.add(lane);
    for (const { deadlineMs } of records) earliestDeadlineMs = Math.min(earliestDeadlineMs, deadlineMs);
  }
  return { entries, lanes, invocationId, earliestDeadlineMs, failures: 0, retryAtMs: undefined };
}
