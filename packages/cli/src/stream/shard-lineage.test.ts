import { expect, test } from "vitest";
import { lineageEntry, ShardLineage } from "./shard-lineage.ts";
import { sampleAccessLog } from "./sample-access-log.ts";

const shared = {
  HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
  SequenceNumberRange: { StartingSequenceNumber: "1" },
};

test("children begin when all their known parents have ended, each once", () => {
  const lineage = new ShardLineage();
  lineage.add([
    lineageEntry({ ...shared, ShardId: "a" }),
    lineageEntry({ ...shared, ShardId: "b" }),
    lineageEntry({ ...shared, ShardId: "c", ParentShardId: "a", AdjacentParentShardId: "b" }),
    lineageEntry({ ...shared, ShardId: "d", ParentShardId: "expired" }),
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
