import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Shard } from "./kinesis-client.ts";
import { shardLanes } from "./shard-lanes.ts";
import { lineageEntry, ShardLineage } from "./shard-lineage.ts";
import { sampleAccessLog } from "./sample-access-log.ts";

const WIDTH = 1n << 128n;

function shard(id: string, start: bigint, end: bigint, closed = false): Shard {
  return {
    ShardId: id,
    HashKeyRange: { StartingHashKey: start.toString(), EndingHashKey: end.toString() },
    SequenceNumberRange: { StartingSequenceNumber: "1", ...(closed ? { EndingSequenceNumber: "2" } : {}) },
  };
}

test("a key's lane is the open shard whose range holds its MD5", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.string(), (count, key) => {
      const step = WIDTH / BigInt(count);
      const shards = Array.from({ length: count }, (_, index) =>
        shard(`s${index}`, step * BigInt(index), index === count - 1 ? WIDTH - 1n : step * BigInt(index + 1) - 1n),
      );
      const closed = shard("parent", 0n, WIDTH - 1n, true);
      const hash = BigInt(`0x${createHash("md5").update(key).digest("hex")}`);
      const expected = Math.min(Number(hash / step), count - 1);
      expect(shardLanes([closed, ...shards.toReversed()]).laneOf(key)).toBe(expected);
    }),
  );
});

test("a stream without open shards is refused", () => {
  expect(() => shardLanes([shard("s", 0n, WIDTH - 1n, true)])).toThrow(/no open shard/);
});

test("children begin when all their known parents have ended, each once", () => {
  const lineage = new ShardLineage();
  lineage.add([
    lineageEntry({ ...shard("a", 0n, 1n), ShardId: "a" }),
    lineageEntry({ ...shard("b", 2n, 3n), ShardId: "b" }),
    lineageEntry({ ...shard("c", 0n, 3n), ParentShardId: "a", AdjacentParentShardId: "b" }),
    lineageEntry({ ...shard("d", 4n, 5n), ParentShardId: "expired" }),
  ]);
  expect(lineage.takeReady()).toEqual(["a", "b", "d"]);
  lineage.end("a");
  expect(lineage.takeReady()).toEqual([]);
  lineage.add([{ shardId: "c", parents: [] }]);
  lineage.end("b");
  expect(lineage.takeReady()).toEqual(["c"]);
  expect(lineage.takeReady()).toEqual([]);
});

test("the sample log repeats with its seed and looks like Apache's", () => {
  const first = [...sampleAccessLog(200, 7)];
  expect(first).toEqual([...sampleAccessLog(200, 7)]);
  expect(first).not.toEqual([...sampleAccessLog(200, 8)]);
  for (const line of first)
    expect(line).toMatch(/^[\d.]+ - - \[\d\d\/\w{3}\/\d{4}:[\d:]{8} \+0000\] "\w+ \S+ HTTP\/1.1" \d{3} (\d+|-) "/);
});
