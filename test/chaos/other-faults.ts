/** Clocks that step, and streams that are resharded in the middle of it all. */
import { setTimeout as delay } from "node:timers/promises";
import { callUntilAnswered, listShards, type ListedShard } from "@millrace/load";
import { below, oneOf, pauseBetween, type FaultWorld } from "./fault-world.ts";

const OPEN_SHARDS_MAX = 9;
const OPEN_SHARDS_MIN = 3;
const ACTIVE_TIMEOUT_MS = 60_000;

/** The wall clock of one node jumps by seconds or an hour, either way, and back. */
export async function stepClock({ cluster, random, times, clocks, say }: FaultWorld): Promise<void> {
  const name = oneOf(random, cluster.namesOf("storage-node"));
  const seconds = oneOf(random, [-3_600, -30, -2, 2, 30, 3_600]) + below(random, 2);
  say(`clock of ${name} steps by ${seconds} s`);
  clocks?.step(name, seconds);
  await pauseBetween(random, 1_200, 1_200 + times.networkMaxMs);
  clocks?.step(name, 0);
}

/** A shard is split, or two neighbours are merged when there are many. */
export async function reshard(world: FaultWorld): Promise<void> {
  const { client, streamName, random, say, violate } = world;
  const open = (await listShards(client, streamName)).filter(({ isOpen }) => isOpen);
  const merges = open.length >= OPEN_SHARDS_MAX || (open.length > OPEN_SHARDS_MIN && random.float() < 0.5);
  if (merges) {
    const [one, other] = oneOf(random, neighbours(open));
    say(`merge of ${one.shardId} and ${other.shardId}`);
    const input = { StreamName: streamName, ShardToMerge: one.shardId, AdjacentShardToMerge: other.shardId };
    await client.call("MergeShards", input);
  } else {
    const shard = oneOf(random, open);
    say(`split of ${shard.shardId}`);
    const middle = (BigInt(shard.startingHashKey) + BigInt(shard.endingHashKey)) / 2n + 1n;
    const input = { StreamName: streamName, ShardToSplit: shard.shardId, NewStartingHashKey: middle.toString() };
    await client.call("SplitShard", input);
  }
  const giveUpMs = performance.now() + ACTIVE_TIMEOUT_MS;
  for (;;) {
    const answer = await callUntilAnswered(client, "DescribeStreamSummary", { StreamName: streamName });
    if ((answer["StreamDescriptionSummary"] as { StreamStatus: string }).StreamStatus === "ACTIVE") return;
    if (performance.now() > giveUpMs) {
      return violate(`a reshard had not ended after ${ACTIVE_TIMEOUT_MS / 1000} s`);
    }
    await delay(100);
  }
}

function neighbours(shards: readonly ListedShard[]): [ListedShard, ListedShard][] {
  return shards.flatMap((one) =>
    shards
      .filter((other) => BigInt(other.startingHashKey) === BigInt(one.endingHashKey) + 1n)
      .map((other): [ListedShard, ListedShard] => [one, other]),
  );
}
