import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HASH_KEY_COUNT, type HashRange, initialHashRanges, isExactHashCover, splitHashRange } from "./hash-range.ts";
import { nextScalingRound, type ScalingStep } from "./uniform-scaling.ts";

const ROUNDS_MAX = 64;

/** Runs all rounds; checks of each round that steps are disjoint and replace exactly what they close. */
function scale(from: readonly HashRange[], target: number): { ranges: HashRange[]; rounds: ScalingStep[][] } {
  let ranges = [...from];
  const rounds: ScalingStep[][] = [];
  for (;;) {
    const round = nextScalingRound(ranges, target);
    if (round.length === 0) return { ranges, rounds };
    expect(rounds.length).toBeLessThan(ROUNDS_MAX);
    const parents = round.flatMap((step) => step.parents);
    expect(new Set(parents).size).toBe(parents.length);
    for (const step of round) expect(step.parents.length + step.children.length).toBe(3);
    ranges = [...ranges.filter((range) => !parents.includes(range)), ...round.flatMap((step) => step.children)];
    ranges.sort((a, b) => (a.start < b.start ? -1 : 1));
    expect(isExactHashCover(ranges)).toBe(true);
    rounds.push([...round]);
  }
}

function expectNearEqual(ranges: readonly HashRange[]): void {
  const width = HASH_KEY_COUNT / BigInt(ranges.length);
  for (const range of ranges) {
    const difference = range.end - range.start + 1n - width;
    expect((difference < 0n ? -difference : difference) * 500n <= width + 500n * BigInt(ranges.length)).toBe(true);
  }
}

const unevenCover = fc.array(fc.bigInt({ min: 1n, max: HASH_KEY_COUNT - 1n }), { maxLength: 12 }).map((points) => {
  let ranges = [...initialHashRanges(1)];
  for (const point of points) {
    ranges = ranges.flatMap((range) =>
      range.start < point && point <= range.end ? [...splitHashRange(range, point)] : [range],
    );
  }
  return ranges;
});

describe("nextScalingRound", () => {
  test("ends in the asked number of near-equal contiguous ranges from any cover", () => {
    fc.assert(
      fc.property(unevenCover, fc.integer({ min: 1, max: 40 }), (from, target) => {
        const { ranges } = scale(from, target);
        expect(ranges).toHaveLength(target);
        expectNearEqual(ranges);
      }),
      { numRuns: 200 },
    );
  });

  test("doubles in one round of splits and halves in one round of merges, whatever the count", () => {
    for (const count of [1, 2, 3, 5, 7, 100, 1000, 4999]) {
      const doubled = scale(initialHashRanges(count), count * 2);
      expect(doubled.rounds.map((round) => round.length)).toEqual([count]);
      expect(doubled.rounds[0]?.every((step) => step.parents.length === 1)).toBe(true);
      const halved = scale(doubled.ranges, count);
      expect(halved.rounds.map((round) => round.length)).toEqual([count]);
      expect(halved.ranges).toEqual(initialHashRanges(count));
    }
  });

  test("does nothing when the ranges are equal already", () => {
    expect(nextScalingRound(initialHashRanges(7), 7)).toEqual([]);
  });

  test("goes from four to five with four splits, then three merges", () => {
    const { rounds } = scale(initialHashRanges(4), 5);
    expect(rounds.map((round) => round.map((step) => step.parents.length))).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2],
    ]);
  });
});
