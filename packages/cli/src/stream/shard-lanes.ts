/** Which shard a partition key belongs to, as the service decides it: MD5 of the key among the open shards' ranges. */
import { md5, ServiceError } from "@millrace/base";
import type { Shard } from "./kinesis-client.ts";

/** Maps partition keys to lane numbers, one lane for each open shard. */
export interface ShardLanes {
  readonly count: number;
  laneOf(partitionKey: string): number;
}

/** Lanes of the shards that take records. Errors: UNAVAILABLE when there are none. */
export function shardLanes(shards: readonly Shard[]): ShardLanes {
  const starts = shards
    .filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
    .map((shard) =>
      BigInt(shard.HashKeyRange?.StartingHashKey ?? "0")
        .toString(16)
        .padStart(32, "0"),
    )
    .toSorted();
  if (starts.length === 0) throw new ServiceError("UNAVAILABLE", "the stream has no open shard");
  return {
    count: starts.length,
    laneOf(partitionKey) {
      const hash = md5(partitionKey).toString("hex");
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? "") <= hash) low = middle;
        else high = middle - 1;
      }
      return low;
    },
  };
}
