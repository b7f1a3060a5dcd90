import fc from "fast-check";
import { expect, test } from "vitest";
import { HASH_KEY_MAX, HashRangeTable } from "../hash-range-table.ts";
import { encodeAggregate } from "./aggregate-builder.ts";
import { compressRecord, expandCompressed } from "./compressed-record.ts";
import { expandRecord } from "./expand-record.ts";

const HALF = 1n << 127n;
const lower = new HashRangeTable([{ startingHashKey: "0", endingHashKey: String(HALF - 1n) }]);
const upper = new HashRangeTable([{ startingHashKey: String(HALF), endingHashKey: String(HASH_KEY_MAX) }]);
const low = { partitionKey: "a", explicitHashKey: String(HALF - 1n), data: Buffer.from("low") };
const high = { partitionKey: "a", explicitHashKey: String(HALF), data: Buffer.from("high") };
const stored = (data: Uint8Array): { partitionKey: string; data: Uint8Array } => ({ partitionKey: "outer", data });

test("a plain record is itself", () => {
  const data = Buffer.from("plain");
  expect(expandRecord(stored(data), lower)).toEqual({ kind: "plain", records: [{ partitionKey: "outer", data }] });
});

test("an aggregate is its user records, where all of them belong to the shard", () => {
  expect(expandRecord(stored(encodeAggregate([low, low])), lower)).toEqual({ kind: "aggregate", records: [low, low] });
  expect(expandRecord(stored(encodeAggregate([high])), upper)).toEqual({ kind: "aggregate", records: [high] });
});

test("an aggregate with one record of another shard is left out as a whole, and says how much that was", () => {
  const mixed = encodeAggregate([low, low, high]);
  for (const owned of [lower, upper]) {
    expect(expandRecord(stored(mixed), owned)).toEqual({ kind: "stray", records: [], dropped: 3 });
  }
  expect(expandRecord(stored(mixed), undefined)).toEqual({ kind: "aggregate", records: [low, low, high] });
});

test("what begins like an aggregate and is none is handed on untouched", () => {
  const data = encodeAggregate([low]).fill(0, 10);
  expect(expandRecord(stored(data), lower)).toEqual({ kind: "malformed", records: [{ partitionKey: "outer", data }] });
});

test("compression is undone, for plain records and aggregates alike", () => {
  const text = Buffer.from("the same words ".repeat(100));
  expect(compressRecord(text).length).toBeLessThan(100);
  expect(expandRecord(stored(compressRecord(text)), lower)).toEqual({
    kind: "plain",
    records: [{ partitionKey: "outer", data: text }],
  });
  const records = Array.from({ length: 50 }, () => low);
  const packed = compressRecord(encodeAggregate(records));
  expect(packed.length).toBeLessThan(encodeAggregate(records).length / 2);
  expect(expandRecord(stored(packed), lower)).toEqual({ kind: "aggregate", records });
  expect(expandRecord(stored(packed), upper)).toEqual({ kind: "stray", records: [], dropped: 50 });
});

test("damaged compression is handed on untouched", () => {
  const text = Buffer.alloc(1000, "x");
  const packed = Buffer.from(compressRecord(text));
  for (let index = 4; index < packed.length; index += 1) {
    const data = Buffer.from(packed);
    data[index] = (data[index] as number) ^ 0xff;
    const { kind, records } = expandRecord(stored(data), lower);
    // Some bits say the same either way: then nothing was damaged.
    if (kind === "plain") expect(records[0]?.data).toEqual(text);
    else expect([kind, records[0]?.data]).toEqual(["malformed", data]);
  }
});

test("any data survives compression, also data that looks compressed", () => {
  const looksCompressed = fc
    .uint8Array({ maxLength: 40 })
    .map((rest) => Uint8Array.of(0x8a, 0x4d, 0x5a, 0x52, ...rest));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 500 }), looksCompressed), (data) => {
      const once = compressRecord(data);
      expect(Buffer.from(expandCompressed(once) ?? once).equals(Buffer.from(data))).toBe(true);
      const twice = compressRecord(once);
      expect(Buffer.from(expandCompressed(twice) ?? twice).equals(Buffer.from(once))).toBe(true);
    }),
  );
});
