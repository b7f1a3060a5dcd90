import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  areAdjacentHashRanges,
  HASH_KEY_MAX,
  hashRangeContains,
  initialHashRanges,
  isExactHashCover,
  mergeHashRanges,
  middleOfHashRange,
  splitHashRange,
} from "./hash-range.ts";

describe("hash ranges", () => {
  test("three initial shards have the widths that Kinesis gives them", () => {
    expect(initialHashRanges(3)).toEqual([
      { start: 0n, end: 113427455640312821154458202477256070484n },
      { start: 113427455640312821154458202477256070485n, end: 226854911280625642308916404954512140969n },
      { start: 226854911280625642308916404954512140970n, end: HASH_KEY_MAX },
    ]);
  });

  test("initial ranges cover every key exactly once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.bigInt({ min: 0n, max: HASH_KEY_MAX }), (count, key) => {
        const ranges = initialHashRanges(count);
        expect(isExactHashCover(ranges)).toBe(true);
        expect(ranges.filter((range) => hashRangeContains(range, key))).toHaveLength(1);
      }),
    );
  });

  test("a split is undone by a merge", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: HASH_KEY_MAX }), (point) => {
        const whole = { start: 0n, end: HASH_KEY_MAX };
        const [lower, upper] = splitHashRange(whole, point);
        expect(areAdjacentHashRanges(lower, upper)).toBe(true);
        expect(areAdjacentHashRanges(upper, lower)).toBe(false);
        expect(mergeHashRanges(lower, upper)).toEqual(whole);
      }),
    );
  });

  test("holes, overlaps and missing ends are no cover", () => {
    expect(isExactHashCover([])).toBe(false);
    expect(isExactHashCover([{ start: 1n, end: HASH_KEY_MAX }])).toBe(false);
    expect(
      isExactHashCover([
        { start: 0n, end: 5n },
        { start: 7n, end: HASH_KEY_MAX },
      ]),
    ).toBe(false);
    expect(
      isExactHashCover([
        { start: 0n, end: 5n },
        { start: 5n, end: HASH_KEY_MAX },
      ]),
    ).toBe(false);
  });

  test("a range of one key has no middle", () => {
    expect(middleOfHashRange({ start: 4n, end: 4n })).toBeUndefined();
    expect(middleOfHashRange({ start: 4n, end: 5n })).toBe(5n);
  });
});
