import { expect } from "vitest";
import { contract, contractCluster, type ContractWorld } from "./contract.ts";

contractCluster();

const ACCOUNT = "000000000000";
const MIDDLE = "170141183460469231731687303715884105728";
const id = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

interface Shard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
  readonly SequenceNumberRange: { readonly StartingSequenceNumber: string; readonly EndingSequenceNumber?: string };
}

async function shardsOf({ kinesis }: ContractWorld, input: Record<string, unknown>): Promise<Shard[]> {
  return (await kinesis.ok("ListShards", input))["Shards"] as Shard[];
}

const open = (shard: Shard): boolean => shard.SequenceNumberRange.EndingSequenceNumber === undefined;

contract("SplitShard", "closes the parent and opens two children above it", async (world) => {
  const { kinesis, waitActive } = world;
  const StreamName = await world.activeStream();
  const before = await kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: "" });
  await kinesis.ok("SplitShard", { StreamName, ShardToSplit: id(0), NewStartingHashKey: MIDDLE });
  await waitActive(StreamName);
  const shards = await shardsOf(world, { StreamName });
  expect(shards.map((shard) => [shard.ShardId, open(shard), shard.ParentShardId])).toEqual([
    [id(0), false, undefined],
    [id(1), true, id(0)],
    [id(2), true, id(0)],
  ]);
  expect(shards[2]?.HashKeyRange.StartingHashKey).toBe(MIDDLE);
  const ending = BigInt(shards[0]?.SequenceNumberRange.EndingSequenceNumber ?? "0");
  expect(ending > BigInt(before["SequenceNumber"] as string)).toBe(true);
  expect(BigInt(shards[1]?.SequenceNumberRange.StartingSequenceNumber ?? "0") > ending).toBe(true);
  const after = await kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: "" });
  expect([id(1), id(2)]).toContain(after["ShardId"]);
});

contract("SplitShard", "refuses a key at the range's edge and a shard that is closed", async (world) => {
  const { kinesis, refuses } = world;
  const StreamName = await world.activeStream();
  await refuses(
    "SplitShard",
    { StreamName, ShardToSplit: id(0), NewStartingHashKey: "1" },
    "InvalidArgumentException",
    `NewStartingHashKey 1 used in SplitShard() on shard ${id(0)} in stream ${StreamName} under account ${ACCOUNT} is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey 340282366920938463463374607431768211455.`,
  );
  await kinesis.ok("SplitShard", { StreamName, ShardToSplit: id(0), NewStartingHashKey: MIDDLE });
  await world.waitActive(StreamName);
  await refuses(
    "SplitShard",
    { StreamName, ShardToSplit: id(0), NewStartingHashKey: MIDDLE },
    "InvalidArgumentException",
    `Shard ${id(0)} in stream ${StreamName} under account ${ACCOUNT} has already been merged or split, and thus is not eligible for merging or splitting.`,
  );
});

contract("SplitShard", "refuses what is no shard id before it looks for the stream", async ({ refuses }) => {
  for (const [operation, input] of [
    ["SplitShard", { ShardToSplit: "nonsense", NewStartingHashKey: MIDDLE }],
    ["MergeShards", { ShardToMerge: "0", AdjacentShardToMerge: "nonsense" }],
  ] as const) {
    await refuses(
      operation,
      { StreamName: "nowhere", ...input },
      "ResourceNotFoundException",
      `Could not find shard nonsense in stream nowhere under account ${ACCOUNT}.`,
    );
  }
});

contract("MergeShards", "joins two neighbours, low then high", async (world) => {
  const { kinesis, refuses } = world;
  const StreamName = await world.activeStream(2);
  await refuses(
    "MergeShards",
    { StreamName, ShardToMerge: id(1), AdjacentShardToMerge: id(0) },
    "InvalidArgumentException",
    `Shards ${id(1)} and ${id(0)} in stream ${StreamName} under account ${ACCOUNT} are not an adjacent pair of shards eligible for merging`,
  );
  await kinesis.ok("MergeShards", { StreamName, ShardToMerge: id(0), AdjacentShardToMerge: id(1) });
  await world.waitActive(StreamName);
  const child = (await shardsOf(world, { StreamName })).find((shard) => shard.ShardId === id(2));
  expect(child).toMatchObject({ ParentShardId: id(0), AdjacentParentShardId: id(1) });
  expect(child?.HashKeyRange).toEqual({
    StartingHashKey: "0",
    EndingHashKey: "340282366920938463463374607431768211455",
  });
});

contract("GetRecords", "ends a closed shard with ChildShards and no iterator", async (world) => {
  const { kinesis } = world;
  const StreamName = await world.activeStream();
  await kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: "cGFyZW50" });
  await kinesis.ok("SplitShard", { StreamName, ShardToSplit: id(0), NewStartingHashKey: MIDDLE });
  await world.waitActive(StreamName);
  for (const [ShardIteratorType, count] of [
    ["TRIM_HORIZON", 1],
    ["LATEST", 0],
  ] as const) {
    const start = await kinesis.ok("GetShardIterator", { StreamName, ShardId: id(0), ShardIteratorType });
    let page = await kinesis.ok("GetRecords", { ShardIterator: start["ShardIterator"] });
    let records = (page["Records"] as unknown[]).length;
    for (let calls = 0; page["NextShardIterator"] !== undefined && calls < 5; calls += 1) {
      expect(page["ChildShards"]).toBeUndefined();
      page = await kinesis.ok("GetRecords", { ShardIterator: page["NextShardIterator"] });
      records += (page["Records"] as unknown[]).length;
    }
    expect(records).toBe(count);
    expect(page["NextShardIterator"]).toBeUndefined();
    expect(page["ChildShards"]).toEqual([
      {
        ShardId: id(1),
        ParentShards: [id(0)],
        HashKeyRange: { StartingHashKey: "0", EndingHashKey: (BigInt(MIDDLE) - 1n).toString() },
      },
      {
        ShardId: id(2),
        ParentShards: [id(0)],
        HashKeyRange: { StartingHashKey: MIDDLE, EndingHashKey: "340282366920938463463374607431768211455" },
      },
    ]);
  }
});

contract("UpdateShardCount", "doubles and halves into equal contiguous ranges", async (world) => {
  const { kinesis } = world;
  const StreamName = await world.activeStream(2);
  for (const TargetShardCount of [4, 3, 2]) {
    const answer = await kinesis.ok("UpdateShardCount", {
      StreamName,
      TargetShardCount,
      ScalingType: "UNIFORM_SCALING",
    });
    expect(answer).toMatchObject({ StreamName, TargetShardCount });
    await world.waitActive(StreamName);
    const ranges = (await shardsOf(world, { StreamName }))
      .filter(open)
      .map((shard) => [BigInt(shard.HashKeyRange.StartingHashKey), BigInt(shard.HashKeyRange.EndingHashKey)] as const)
      .sort((a, b) => (a[0] < b[0] ? -1 : 1));
    expect(ranges.length).toBe(TargetShardCount);
    let next = 0n;
    for (const [start, end] of ranges) {
      expect(start).toBe(next);
      next = end + 1n;
    }
    expect(next).toBe(1n << 128n);
  }
});

contract("UpdateShardCount", "refuses more than double and less than half", async ({ activeStream, refuses }) => {
  const StreamName = await activeStream(2);
  const base = { StreamName, ScalingType: "UNIFORM_SCALING" };
  await refuses(
    "UpdateShardCount",
    { ...base, TargetShardCount: 5 },
    "LimitExceededException",
    "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 2 Target shard count: 5",
  );
});

contract("ListShards", "filters by position in time and in the list", async (world) => {
  const { kinesis } = world;
  const StreamName = await world.activeStream(2);
  await kinesis.ok("SplitShard", { StreamName, ShardToSplit: id(0), NewStartingHashKey: "1000" });
  await world.waitActive(StreamName);
  const ids = async (ShardFilter: Record<string, unknown>): Promise<number[]> =>
    (await shardsOf(world, { StreamName, ShardFilter })).map((shard) => Number(shard.ShardId.slice(-2)));
  expect(await ids({ Type: "AT_LATEST" })).toEqual([1, 2, 3]);
  expect(await ids({ Type: "AT_TRIM_HORIZON" })).toEqual([0, 1]);
  expect(await ids({ Type: "FROM_TRIM_HORIZON" })).toEqual([0, 1, 2, 3]);
  expect(await ids({ Type: "AFTER_SHARD_ID", ShardId: id(1) })).toEqual([2, 3]);
});

contract("ListShards", "pages by tokens that exclude every other listing", async (world) => {
  const { kinesis, refuses } = world;
  const StreamName = await world.activeStream(3);
  const page = await kinesis.ok("ListShards", { StreamName, MaxResults: 2 });
  expect((page["Shards"] as unknown[]).length).toBe(2);
  const NextToken = page["NextToken"];
  const rest = await kinesis.ok("ListShards", { NextToken });
  expect([(rest["Shards"] as unknown[]).length, rest["NextToken"]]).toEqual([1, undefined]);
  for (const [member, value] of [
    ["StreamName", "other"],
    ["StreamARN", `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/other`],
    ["StreamCreationTimestamp", 1],
    ["ExclusiveStartShardId", id(0)],
    ["ShardFilter", { Type: "AT_LATEST" }],
  ] as const) {
    const text = `NextToken and ${member} cannot be provided together.`;
    await refuses("ListShards", { NextToken, [member]: value }, "InvalidArgumentException", text);
    await refuses("ListShards", { NextToken: "made-up", [member]: value }, "InvalidArgumentException", text);
  }
  expect(await kinesis.ok("ListShards", { NextToken, StreamName, MaxResults: 2 })).toEqual(rest);
  await refuses("ListShards", {}, "InvalidArgumentException", "Either NextToken or StreamName should be provided.");
});
