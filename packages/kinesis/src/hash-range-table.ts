/** Which of the shards of a stream a hash key belongs to, by binary search over words: no big integer per record. */
import { assert } from "@millrace/base";
import type { HashKeyWords } from "./partition-key-hash.ts";

/** Highest hash key, 2^128 − 1. */
export const HASH_KEY_MAX: bigint = (1n << 128n) - 1n;
const WORDS = 4;

/** A range of hash keys in decimal, inclusive at both ends. */
export interface HashRange {
  readonly startingHashKey: string;
  readonly endingHashKey: string;
}

/** Disjoint ranges, searchable. Build one for each version of a stream's open shards and keep it. */
export class HashRangeTable {
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  /** Position in the constructor's list by position in the sorted table. */
  readonly #order: Int32Array;

  /** `ranges` in any order; {@link indexOf} answers positions in it. Overlapping ranges are a programmer error. */
  constructor(ranges: readonly HashRange[]) {
    const sorted = ranges
      .map((range, index) => ({ start: BigInt(range.startingHashKey), end: BigInt(range.endingHashKey), index }))
      .sort((a, b) => (a.start < b.start ? -1 : 1));
    this.#starts = new Uint32Array(sorted.length * WORDS);
    this.#ends = new Uint32Array(sorted.length * WORDS);
    this.#order = Int32Array.from(sorted, (range) => range.index);
    sorted.forEach((range, row) => {
      const next = sorted[row + 1];
      assert(range.start <= range.end && (next === undefined || range.end < next.start), "hash ranges are disjoint");
      writeWords(range.start, this.#starts, row * WORDS);
      writeWords(range.end, this.#ends, row * WORDS);
    });
  }

  /** Position (in the constructor's list) of the range that holds `key`, or -1 when none does. */
  indexOf(key: HashKeyWords): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAt(this.#starts, middle * WORDS, key) <= 0) low = middle + 1;
      else high = middle;
    }
    const row = low - 1;
    if (row < 0 || compareAt(this.#ends, row * WORDS, key) < 0) return -1;
    return this.#order[row] ?? -1;
  }
}

/** The words of a decimal hash key, or undefined when it is above 2^128 − 1. `text` is all digits. */
export function hashKeyWords(text: string): HashKeyWords | undefined {
  const value = BigInt(text);
  if (value > HASH_KEY_MAX) return undefined;
  const words = new Uint32Array(WORDS);
  writeWords(value, words, 0);
  return words;
}

function writeWords(value: bigint, target: Uint32Array, position: number): void {
  for (let word = 0; word < WORDS; word += 1) {
    target[position + word] = Number((value >> BigInt(32 * (WORDS - 1 - word))) & 0xffff_ffffn);
  }
}

/** Negative, zero or positive as the entry of `table` at `position` is below, at or above `key`. */
function compareAt(table: Uint32Array, position: number, key: HashKeyWords): number {
  for (let word = 0; word < WORDS; word += 1) {
    const difference = (table[position + word] as number) - (key[word] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
