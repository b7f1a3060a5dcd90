import { md5 } from "@millrace/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HASH_KEY_MAX, hashKeyWords, HashRangeTable } from "./hash-range-table.ts";
import { hashPartitionKey } from "./partition-key-hash.ts";

function hash(bytes: Uint8Array, start = 0, end = bytes.length): bigint {
  const words = new Uint32Array(4);
  hashPartitionKey(bytes, start, end, words);
  return words.reduce((value, word) => (value << 32n) | BigInt(word), 0n);
}

function nativeHash(bytes: Uint8Array): bigint {
  return BigInt(`0x${md5(bytes).toString("hex")}`);
}

test("is MD5 read as a big-endian number, for keys of every length", () => {
  for (let length = 0; length <= 300; length += 1) {
    const bytes = Buffer.alloc(length, "kéy");
    expect(hash(bytes)).toBe(nativeHash(bytes));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.nat(10), (bytes, skip) => {
      const start = Math.min(skip, bytes.length);
      expect(hash(bytes, start)).toBe(nativeHash(bytes.subarray(start)));
    }),
  );
});

test("routes to the range that holds the key, as big integers would", () => {
  const cuts = fc.uniqueArray(fc.bigInt({ min: 1n, max: HASH_KEY_MAX }), { maxLength: 20 });
  const keys = fc.bigInt({ min: 0n, max: HASH_KEY_MAX });
  fc.assert(
    fc.property(cuts, keys, fc.nat(), (points, key, hole) => {
      const starts = [0n, ...points.sort((a, b) => (a < b ? -1 : 1))];
      const all = starts.map((start, index) => ({ start, end: (starts[index + 1] ?? HASH_KEY_MAX + 1n) - 1n }));
      // Ranges in reverse, one of them missing: a shard between two configurations.
      const ranges = all.filter((_, index) => index !== hole % all.length).toReversed();
      const table = new HashRangeTable(
        ranges.map(({ start, end }) => ({ startingHashKey: String(start), endingHashKey: String(end) })),
      );
      for (const probe of [key, ...starts, ...all.map(({ end }) => end)]) {
        const words = hashKeyWords(String(probe));
        expect(words && table.indexOf(words)).toBe(
          ranges.findIndex(({ start, end }) => start <= probe && probe <= end),
        );
      }
    }),
  );
});

test("hash keys end at 2^128 - 1; overlaps are refused", () => {
  expect(hashKeyWords(String(HASH_KEY_MAX))).toEqual(new Uint32Array(4).fill(0xffff_ffff));
  expect(hashKeyWords(String(HASH_KEY_MAX + 1n))).toBeUndefined();
  const range = { startingHashKey: "0", endingHashKey: "5" };
  expect(() => new HashRangeTable([range, { startingHashKey: "5", endingHashKey: "6" }])).toThrow(/disjoint/);
});
