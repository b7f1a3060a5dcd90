/**
 * Arithmetic of epoch histories. An epoch has one leader and its frames were appended in one order, so two logs that
 * both hold offset o written in the same epoch hold the same record there and agree on everything below it. The highest
 * common point follows from the two histories alone, and is a frame boundary in both logs, because a frame never
 * spans two epochs.
 */
import { assert } from "@millrace/base";
import type { EpochStart } from "./replica-state.ts";

/** What must be known of a log to compare it with another. */
export interface LogExtent {
  readonly history: readonly EpochStart[];
  readonly logEnd: number;
}

/** The offset below which both logs are equal, or undefined when they share no epoch (then only a full copy helps). */
export function highestCommonPoint(a: LogExtent, b: LogExtent): number | undefined {
  let i = a.history.length - 1;
  let j = b.history.length - 1;
  for (;;) {
    const left = a.history[i];
    const right = b.history[j];
    if (left === undefined || right === undefined) return undefined;
    if (left.epoch === right.epoch) return Math.min(endOfEntry(a, i), endOfEntry(b, j));
    if (left.epoch > right.epoch) i -= 1;
    else j -= 1;
  }
}

/** The part of `history` that speaks of a log that ends at `logEnd`. An epoch that starts right there is included. */
export function historyUpTo(history: readonly EpochStart[], logEnd: number): readonly EpochStart[] {
  let count = history.length;
  while (count > 1 && (history[count - 1]?.startOffset ?? 0) > logEnd) count -= 1;
  return count === history.length ? history : history.slice(0, count);
}

/** `history` without the epochs all of whose records lie below `logStart`. */
export function historyFrom(history: readonly EpochStart[], logStart: number): readonly EpochStart[] {
  let first = 0;
  while (first < history.length - 1 && (history[first + 1]?.startOffset ?? 0) <= logStart) first += 1;
  return first === 0 ? history : history.slice(first);
}

/**
 * The history of a log that equals the leader's from where `leader` begins, and still has older records of its own: a
 * leader that has trimmed more no longer names their epochs.
 */
export function historyBelow(own: readonly EpochStart[], leader: readonly EpochStart[]): readonly EpochStart[] {
  const first = leader[0];
  assert(first !== undefined, "an epoch history is never empty");
  const older = own.filter((entry) => entry.epoch < first.epoch && entry.startOffset < first.startOffset);
  return older.length === 0 ? leader : [...older, ...leader];
}

/** `history` with the epoch a new leader begins at `startOffset`. */
export function historyWith(history: readonly EpochStart[], next: EpochStart): readonly EpochStart[] {
  const last = lastEntry(history);
  assert(next.epoch > last.epoch, "epochs of a history strictly increase");
  assert(next.startOffset >= last.startOffset, "offsets of a history never decrease");
  return [...history, next];
}

/** The epoch in which the record at `offset` was written; 0 when the history says nothing of it. */
export function epochAt(history: readonly EpochStart[], offset: number): number {
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const entry = history[index];
    if (entry !== undefined && entry.startOffset <= offset) return entry.epoch;
  }
  return 0;
}

/** The last entry of a history, which is never empty. */
export function lastEntry(history: readonly EpochStart[]): EpochStart {
  const last = history[history.length - 1];
  assert(last !== undefined, "an epoch history is never empty");
  return last;
}

function endOfEntry(log: LogExtent, index: number): number {
  return Math.min(log.history[index + 1]?.startOffset ?? log.logEnd, log.logEnd);
}
