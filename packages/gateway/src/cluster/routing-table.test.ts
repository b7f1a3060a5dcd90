import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hashKeyBytes, RoutingTable } from "./routing-table.ts";

const hashKey = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });

test("a key belongs to the last shard that starts at or below it, as big integers compare", () => {
  fc.assert(
    fc.property(fc.uniqueArray(hashKey, { maxLength: 40 }), hashKey, (others, key) => {
      const starts = [...new Set([0n, ...others])];
      const table = new RoutingTable(starts.map((start) => ({ startingHashKey: String(start) })));
      const expected = starts.filter((start) => start <= key).reduce((a, b) => (a > b ? a : b));
      const found = table.shards[table.find(hashKeyBytes(String(key)) ?? Buffer.alloc(0))];
      expect(found?.startingHashKey).toBe(String(expected));
    }),
  );
});

test("boundaries are inclusive at the start, and 2^128 is no key", () => {
  const table = new RoutingTable([{ startingHashKey: "100" }, { startingHashKey: "0" }]);
  const at = (key: string): number => table.find(hashKeyBytes(key) ?? Buffer.alloc(0));
  expect([at("0"), at("99"), at("100"), at("340282366920938463463374607431768211455")]).toEqual([0, 0, 1, 1]);
  expect(hashKeyBytes("340282366920938463463374607431768211456")).toBeUndefined();
});

test("a stream without shards places nothing", () => {
  expect(new RoutingTable([]).find(Buffer.alloc(16))).toBe(-1);
});
