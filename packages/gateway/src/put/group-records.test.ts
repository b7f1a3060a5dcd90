import { scanPutRecords, HashRangeTable } from "@millrace/kinesis";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ShardView } from "../cluster/stream-view.ts";
import { groupRecords, type EncodedGroup, type PutRules } from "./group-records.ts";
import { packRecords, unpackRecords } from "./loose-record.ts";
import { DecodedSource, ScannedSource } from "./put-source.ts";

const HASH_KEYS = 1n << 128n;

function rules(shardCount: number, rotateFrom?: number): PutRules {
  const width = HASH_KEYS / BigInt(shardCount);
  const ranges = Array.from({ length: shardCount }, (_, index) => ({
    startingHashKey: String(width * BigInt(index)),
    endingHashKey: String(index === shardCount - 1 ? HASH_KEYS - 1n : width * BigInt(index + 1) - 1n),
  }));
  const shards = ranges as unknown as readonly ShardView[];
  const routing = { shards, table: new HashRangeTable(ranges) };
  return { routing, maxRecordBytes: 1_048_576, rotateFrom, single: false };
}

const entries = fc.array(
  fc.record({
    PartitionKey: fc.stringMatching(/^[a-z0-9-]{1,40}$/),
    Data: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    ExplicitHashKey: fc.option(fc.bigInt({ min: 0n, max: HASH_KEYS - 1n }).map(String), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 30 },
);

test("scanned and decoded records are placed and encoded alike; every record lands once, in order", () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 1, max: 9 }), (records, shardCount) => {
      const json = records.map(({ Data, ...rest }) => ({ ...rest, Data: Data.toString("base64") }));
      const body = Buffer.from(JSON.stringify({ StreamName: "s", Records: json }));
      const scan = scanPutRecords(body);
      expect(scan).toBeDefined();
      if (scan === undefined) return;
      const scanned = groupRecords(new ScannedSource(body, scan), rules(shardCount));
      const decoded = groupRecords(new DecodedSource(records), rules(shardCount));
      expect(scanned).toEqual(decoded);
      const groups = "groups" in decoded ? decoded.groups : [];
      const indices = groups.flatMap((group) => group.indices);
      expect(indices.toSorted((a, b) => a - b)).toEqual(records.map((_, index) => index));
      for (const group of groups) expect(group.indices).toEqual(group.indices.toSorted((a, b) => a - b));
    }),
  );
});

test("records taken apart and packed for other shards are the groups they would have been at once", () => {
  const shardCounts = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(entries, shardCounts, shardCounts, (records, before, after) => {
      const groupsOf = (target: PutRules): readonly EncodedGroup[] => {
        const grouped = groupRecords(new DecodedSource(records), target);
        return "groups" in grouped ? grouped.groups : [];
      };
      const target = rules(after);
      const loose = groupsOf(rules(before)).flatMap((group) => unpackRecords(group));
      const packed = target.routing.shards.flatMap((_, position) => {
        const ofShard = loose.filter(({ hashKey }) => target.routing.table.indexOf(hashKey) === position);
        return ofShard.length === 0 ? [] : [{ position, ...packRecords(ofShard) }];
      });
      const byPosition = (a: EncodedGroup, b: EncodedGroup): number => a.position - b.position;
      expect(packed).toEqual(groupsOf(target).toSorted(byPosition));
    }),
  );
});

test("service-managed distribution ignores keys and spreads records over all shards", () => {
  const records = Array.from({ length: 4 }, () => ({ Data: Buffer.from("x") }));
  const grouped = groupRecords(new DecodedSource(records), rules(3, 1));
  const groups = "groups" in grouped ? grouped.groups : [];
  expect(groups.map(({ position, indices }) => [position, indices])).toEqual([
    [1, [0, 3]],
    [2, [1]],
    [0, [2]],
  ]);
});
