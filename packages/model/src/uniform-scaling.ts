/**
 * UpdateShardCount with UNIFORM_SCALING: from any exact cover to `target` near-equal ranges, in rounds of splits and
 * merges. A round is computed from the ranges alone, so nothing but the target is remembered between rounds.
 *
 * The target boundaries are `i·⌊2^128/target⌋`, each moved to the nearest existing boundary when one lies within
 * 1/{@link SNAP_FRACTION} of a target width: rounding differences (three shards doubled, halves of odd widths) must
 * not cost slivers and extra rounds. Shards that a target boundary crosses are split there; neighbours inside one
 * target range are merged in pairs. Every child has one parent or two adjacent ones, every shard is in at most one
 * step of a round. Doubling and halving of equal shards take one round.
 */
import { assert } from "@millrace/base";
import {
  areAdjacentHashRanges,
  HASH_KEY_COUNT,
  type HashRange,
  mergeHashRanges,
  splitHashRange,
} from "./hash-range.ts";

const SNAP_FRACTION = 1024n;

/** One split (one parent, two children) or merge (two adjacent parents, lower first, one child). */
export interface ScalingStep {
  readonly parents: readonly HashRange[];
  readonly children: readonly HashRange[];
}

/** The next round from the open ranges (ascending, an exact cover) to `target` of them; empty when they are there. */
export function nextScalingRound(openRanges: readonly HashRange[], target: number): readonly ScalingStep[] {
  assert(Number.isSafeInteger(target) && target >= 1, "a target is at least one shard");
  const boundaries = targetBoundaries(openRanges, target);
  const steps: ScalingStep[] = [];
  let nextBoundary = 0;
  let mergeable: HashRange | undefined;
  for (const range of openRanges) {
    while ((boundaries[nextBoundary] ?? HASH_KEY_COUNT) < range.start) nextBoundary++;
    if (boundaries[nextBoundary] === range.start) {
      nextBoundary++;
      mergeable = undefined;
    }
    let crossing = 0;
    while ((boundaries[nextBoundary + crossing] ?? HASH_KEY_COUNT) <= range.end) crossing++;
    if (crossing > 0) {
      const splitAt = boundaries[nextBoundary + ((crossing - 1) >> 1)];
      assert(splitAt !== undefined, "a counted boundary exists");
      steps.push({ parents: [range], children: splitHashRange(range, splitAt) });
      mergeable = undefined;
    } else if (mergeable !== undefined && areAdjacentHashRanges(mergeable, range)) {
      steps.push({ parents: [mergeable, range], children: [mergeHashRanges(mergeable, range)] });
      mergeable = undefined;
    } else {
      mergeable = range;
    }
  }
  return steps;
}

function targetBoundaries(openRanges: readonly HashRange[], target: number): readonly bigint[] {
  const width = HASH_KEY_COUNT / BigInt(target);
  const tolerance = width / SNAP_FRACTION;
  const boundaries: bigint[] = [];
  let position = 0;
  for (let index = 1; index < target; index++) {
    const ideal = width * BigInt(index);
    while ((openRanges[position + 1]?.start ?? HASH_KEY_COUNT) <= ideal) position++;
    const below = openRanges[position]?.start ?? 0n;
    const above = openRanges[position + 1]?.start ?? HASH_KEY_COUNT;
    const nearest = ideal - below <= above - ideal ? below : above;
    const distance = nearest > ideal ? nearest - ideal : ideal - nearest;
    const usable = distance <= tolerance && nearest !== 0n && nearest !== HASH_KEY_COUNT;
    boundaries.push(usable ? nearest : ideal);
  }
  return boundaries;
}
