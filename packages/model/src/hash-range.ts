/**
 * Ranges of the 128-bit hash key space. A stream's open shards cover 0…2^128−1 exactly: initial shards by
 * {@link initialHashRanges}, later ones by splits and merges, which keep the cover.
 */
import { assert } from "@millrace/base";

/** Number of hash keys: 2^128. */
export const HASH_KEY_COUNT: bigint = 1n << 128n;
/** The greatest hash key. */
export const HASH_KEY_MAX: bigint = HASH_KEY_COUNT - 1n;

/** Hash keys from `start` to `end`, both inclusive. */
export interface HashRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** The ranges of a new stream with `shardCount` shards: equal widths, the last one takes the remainder. */
export function initialHashRanges(shardCount: number): readonly HashRange[] {
  assert(Number.isSafeInteger(shardCount) && shardCount >= 1, "a stream has at least one shard");
  const width = HASH_KEY_COUNT / BigInt(shardCount);
  return Array.from({ length: shardCount }, (_, index) => {
    const start = width * BigInt(index);
    return { start, end: index === shardCount - 1 ? HASH_KEY_MAX : start + width - 1n };
  });
}

/** The two halves of `range`; the upper one starts at `newStart`, which lies inside and above the start. */
export function splitHashRange(range: HashRange, newStart: bigint): readonly [HashRange, HashRange] {
  assert(newStart > range.start && newStart <= range.end, "a split point leaves keys on both sides");
  return [
    { start: range.start, end: newStart - 1n },
    { start: newStart, end: range.end },
  ];
}

/** The first key of the upper half when `range` is split evenly, or undefined for a range of one key. */
export function middleOfHashRange(range: HashRange): bigint | undefined {
  const width = range.end - range.start + 1n;
  return width < 2n ? undefined : range.start + width / 2n;
}

/** Whether `upper` starts right after `lower` ends. */
export function areAdjacentHashRanges(lower: HashRange, upper: HashRange): boolean {
  return lower.end + 1n === upper.start;
}

/** The union of two adjacent ranges. */
export function mergeHashRanges(lower: HashRange, upper: HashRange): HashRange {
  assert(areAdjacentHashRanges(lower, upper), "only adjacent ranges merge");
  return { start: lower.start, end: upper.end };
}

/** Whether `hashKey` lies in `range`. */
export function hashRangeContains(range: HashRange, hashKey: bigint): boolean {
  return range.start <= hashKey && hashKey <= range.end;
}

/** Whether `ranges`, in any order, cover the whole key space without hole or overlap. */
export function isExactHashCover(ranges: readonly HashRange[]): boolean {
  const sorted = ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1));
  let next = 0n;
  for (const range of sorted) {
    if (range.start !== next || range.end < range.start) return false;
    next = range.end + 1n;
  }
  return next === HASH_KEY_COUNT;
}
