/** Reads a stream from its horizon to its tips. */
import type { KinesisCaller } from "../contract/kinesis-caller.ts";
import type { KeptRecord } from "./fixture.ts";

/** Every record of every shard, open or closed, by shard id. */
export async function readStream(kinesis: KinesisCaller, StreamName: string): Promise<Record<string, KeptRecord[]>> {
  const { Shards } = (await kinesis.ok("ListShards", { StreamName })) as { Shards: { ShardId: string }[] };
  const records: Record<string, KeptRecord[]> = {};
  for (const { ShardId } of Shards) {
    const found: KeptRecord[] = [];
    const start = await kinesis.ok("GetShardIterator", { StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" });
    let ShardIterator = start["ShardIterator"];
    while (typeof ShardIterator === "string") {
      const page = await kinesis.ok("GetRecords", { ShardIterator });
      const batch = page["Records"] as KeptRecord[];
      found.push(...batch);
      // A closed shard ends with no iterator, an open one at its tip.
      ShardIterator = batch.length === 0 && page["MillisBehindLatest"] === 0 ? undefined : page["NextShardIterator"];
    }
    records[ShardId] = found;
  }
  return records;
}
