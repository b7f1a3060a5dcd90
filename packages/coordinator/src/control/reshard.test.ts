import { describe, expect, test } from "vitest";
import { check, type ScriptedCluster, type ScriptLine } from "./control-script.test-support.ts";

const s = { StreamName: "s" };
const account = "111122223333";
const inStream = `in stream s under account ${account}`;
const MAX = "340282366920938463463374607431768211455";
const HALF = "170141183460469231731687303715884105728";
const BELOW_HALF = "170141183460469231731687303715884105727";

function withShards(shardCount: number): readonly ScriptLine[] {
  return [["CreateStream", { ...s, ShardCount: shardCount }, "ok"], ["settle"]];
}

function index(id: unknown): number {
  return Number(String(id).slice("shardId-".length));
}

/** Visible shards as `index:parents:open|closed`. */
function lineage(cluster: ScriptedCluster): readonly string[] {
  const { Shards: shards } = cluster.call("ListShards", s) as { Shards: readonly Record<string, object>[] };
  return shards.map((shard) => {
    const parents = [shard["ParentShardId"], shard["AdjacentParentShardId"]].filter((id) => id !== undefined);
    const ended = "EndingSequenceNumber" in (shard["SequenceNumberRange"] ?? {});
    return `${index(shard["ShardId"])}:${parents.map(index).join(",")}:${ended ? "closed" : "open"}`;
  });
}

describe("SplitShard", () => {
  test("until the switch-over the stream shows its old shard, then both children at once", () => {
    const cluster = check([
      ...withShards(1),
      ["SplitShard", { ...s, ShardToSplit: "0", NewStartingHashKey: HALF }, "ok"],
      ["DescribeStream", s, { StreamDescription: { StreamStatus: "UPDATING", Shards: { length: 1 } } }],
    ]);
    expect(lineage(cluster)).toEqual(["0::open"]);
    cluster.work();
    cluster.nowMs += 5000;
    cluster.advance();
    expect(cluster.tables.shards.get(1)?.state).toBe("closing");
    expect(lineage(cluster)).toEqual(["0::open"]);
    cluster.advance();
    expect(lineage(cluster)).toEqual(["0::closed", "1:0:open", "2:0:open"]);
    const [parent, lower, upper] = [...cluster.tables.shards.values()];
    expect([lower?.startingHashKey, lower?.endingHashKey]).toEqual(["0", BELOW_HALF]);
    expect([upper?.startingHashKey, upper?.endingHashKey]).toEqual([HALF, MAX]);
    expect(parent?.endOffset).toBe(10);
    expect(lower?.createdSeconds).toBe(Math.floor((parent?.closedMs ?? 0) / 1000) + 1);
    expect(cluster.stream("s")?.status).toBe("ACTIVE");
    expect(cluster.advance()).toEqual([]);
  });

  test("refuses what production refuses, in its words", () => {
    const key = (k: string): string =>
      `InvalidArgumentException: NewStartingHashKey ${k} used in SplitShard() on shard shardId-000000000000 ${inStream} ` +
      `is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey ${MAX}.`;
    check([
      ...withShards(1),
      [
        "SplitShard",
        { ...s, ShardToSplit: "shard", NewStartingHashKey: HALF },
        `ResourceNotFoundException: Could not find shard shard ${inStream}.`,
      ],
      [
        "SplitShard",
        { StreamName: "none", ShardToSplit: "shard", NewStartingHashKey: HALF },
        "ResourceNotFoundException: Could not find shard shard in stream none under account 111122223333.",
      ],
      [
        "SplitShard",
        { ...s, ShardToSplit: "x-7", NewStartingHashKey: HALF },
        `ResourceNotFoundException: Could not find shard shardId-000000000007 ${inStream}.`,
      ],
      ["SplitShard", { ...s, ShardToSplit: "0", NewStartingHashKey: "1" }, key("1")],
      ["SplitShard", { ...s, ShardToSplit: "0", NewStartingHashKey: MAX }, key(MAX)],
      ["SplitShard", { ...s, ShardToSplit: "0", NewStartingHashKey: "2" }, "ok"],
      [
        "SplitShard",
        { ...s, ShardToSplit: "0", NewStartingHashKey: HALF },
        `ResourceInUseException: Stream s under account ${account} not ACTIVE, instead in state UPDATING`,
      ],
      ["settle"],
      [
        "SplitShard",
        { ...s, ShardToSplit: "0", NewStartingHashKey: HALF },
        `InvalidArgumentException: Shard shardId-000000000000 ${inStream} has already been merged or split, and thus ` +
          "is not eligible for merging or splitting.",
      ],
    ]);
  });

  test("an on-demand stream is not resharded by hand", () => {
    const refusal = `ValidationException: Request is invalid. Stream s under account ${account} is in On-Demand mode.`;
    check([
      ["CreateStream", s, "ok"],
      ["settle"],
      ["SplitShard", { ...s, ShardToSplit: "0", NewStartingHashKey: "9" }, refusal],
      ["MergeShards", { ...s, ShardToMerge: "0", AdjacentShardToMerge: "1" }, refusal],
      ["UpdateShardCount", { ...s, TargetShardCount: 8, ScalingType: "UNIFORM_SCALING" }, refusal],
    ]);
  });
});

describe("MergeShards", () => {
  test("takes neighbours, the lower one first, and no others", () => {
    const refusal = (a: number, b: number): string =>
      `InvalidArgumentException: Shards shardId-00000000000${a} and shardId-00000000000${b} ${inStream} are not an ` +
      "adjacent pair of shards eligible for merging";
    const cluster = check([
      ...withShards(3),
      ["MergeShards", { ...s, ShardToMerge: "0", AdjacentShardToMerge: "2" }, refusal(0, 2)],
      ["MergeShards", { ...s, ShardToMerge: "1", AdjacentShardToMerge: "0" }, refusal(1, 0)],
      ["MergeShards", { ...s, ShardToMerge: "1", AdjacentShardToMerge: "1" }, refusal(1, 1)],
      [
        "MergeShards",
        { ...s, ShardToMerge: "0", AdjacentShardToMerge: "3" },
        `ResourceNotFoundException: Could not find shard shardId-000000000003 ${inStream}.`,
      ],
      [
        "MergeShards",
        {
          StreamARN: `arn:aws:kinesis:us-east-1:111122223333:stream/none`,
          ShardToMerge: "0",
          AdjacentShardToMerge: "y",
        },
        "ResourceNotFoundException: Could not find shard y in stream none under account 111122223333.",
      ],
      ["MergeShards", { ...s, ShardToMerge: "0", AdjacentShardToMerge: "1" }, "ok"],
      ["settle"],
    ]);
    expect(lineage(cluster)).toEqual(["0::closed", "1::closed", "2::open", "3:0,1:open"]);
  });

  test("waits for the close records of both parents", () => {
    const cluster = check([
      ...withShards(2),
      ["MergeShards", { ...s, ShardToMerge: "0", AdjacentShardToMerge: "1" }, "ok"],
    ]);
    cluster.work();
    cluster.advance();
    const one = { shardUid: 1, endOffset: 4, closedMs: cluster.nowMs + 700 };
    expect(cluster.advance([one])).toEqual([]);
    cluster.advance([one, { shardUid: 2, endOffset: 6, closedMs: cluster.nowMs }]);
    const [lower, upper, child] = [...cluster.tables.shards.values()];
    expect([lower?.endOffset, upper?.endOffset]).toEqual([4, 6]);
    expect(upper?.closedMs).toBe(lower?.closedMs);
    expect(child?.state).toBe("open");
    expect((child?.createdSeconds ?? 0) * 1000).toBeGreaterThan(lower?.closedMs ?? Infinity);
  });
});

function to(target: number): object {
  return { ...s, TargetShardCount: target, ScalingType: "UNIFORM_SCALING" };
}

describe("UpdateShardCount", () => {
  test.each([
    { from: 2, to: 4, totals: [4, 6] },
    { from: 4, to: 2, totals: [2, 6] },
    { from: 4, to: 5, totals: [5, 15] },
    { from: 3, to: 6, totals: [6, 9] },
  ])("from $from to $to leaves $totals open and listed shards", ({ from, to: target, totals }) => {
    const cluster = check([
      ...withShards(from),
      [
        "UpdateShardCount",
        to(target),
        {
          StreamName: "s",
          CurrentShardCount: from,
          TargetShardCount: target,
          StreamARN: `arn:aws:kinesis:us-east-1:${account}:stream/s`,
        },
      ],
      ["DescribeStreamSummary", s, { StreamDescriptionSummary: { StreamStatus: "UPDATING" } }],
      ["settle"],
    ]);
    const lines = lineage(cluster);
    expect([lines.filter((line) => line.endsWith("open")).length, lines.length]).toEqual(totals);
  });

  test("doubles at most, halves at most, up to the quota, ten times a day", () => {
    const script: ScriptLine[] = [
      ...withShards(5),
      [
        "UpdateShardCount",
        to(11),
        "LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count. " +
          "Current open shard count: 5 Target shard count: 11",
      ],
      [
        "UpdateShardCount",
        to(2),
        "LimitExceededException: UpdateShardCount cannot scale down below half your current open shard count. " +
          "Current open shard count: 5 Target shard count: 2",
      ],
      [
        "UpdateShardCount",
        to(10),
        "LimitExceededException: Target shard count or number of open shards cannot be greater than 8. " +
          "Current open shard count: 5, Target shard count: 10",
      ],
      ["UpdateShardCount", to(5), { CurrentShardCount: 5 }],
      ["DescribeStreamSummary", s, { StreamDescriptionSummary: { StreamStatus: "ACTIVE" } }],
    ];
    for (let call = 0; call < 10; call++) {
      script.push(["UpdateShardCount", to(call % 2 === 0 ? 8 : 5), "ok"], ["settle"]);
    }
    const again = ["UpdateShardCount", to(8)] as const;
    script.push([
      ...again,
      `LimitExceededException: UpdateShardCount was called 10 times in the last 24 hours for stream s under account ` +
        `${account}. Limit: 10.`,
    ]);
    script.push(["wait", 86_400_000], [...again, "ok"]);
    check(script, { shardsPerAccountMax: 8 });
  });

  test("runs its rounds one after another", () => {
    const cluster = check([...withShards(4), ["UpdateShardCount", to(5), "ok"]]);
    expect(cluster.stream("s")?.reshard?.steps).toHaveLength(4);
    cluster.work();
    cluster.advance();
    cluster.advance();
    expect(cluster.stream("s")?.reshard?.steps).toHaveLength(3);
    expect(cluster.stream("s")?.status).toBe("UPDATING");
    cluster.work();
    cluster.advance();
    cluster.advance();
    expect(cluster.stream("s")).toMatchObject({ status: "ACTIVE", reshard: undefined });
  });
});

test("closed shards vanish when retention has passed; their indices and their names in children stay", () => {
  const cluster = check([
    ...withShards(1),
    ["SplitShard", { ...s, ShardToSplit: "0", NewStartingHashKey: HALF }, "ok"],
    ["settle"],
    ["wait", 24 * 3_600_000 + 1],
    ["settle"],
  ]);
  expect(lineage(cluster)).toEqual(["1:0:open", "2:0:open"]);
  cluster.call("SplitShard", { ...s, ShardToSplit: "1", NewStartingHashKey: "1000" });
  cluster.settle();
  expect(lineage(cluster)).toEqual(["1:0:closed", "2:0:open", "3:1:open", "4:1:open"]);
});

test("the steps of a round are independent, and the round is done when all of them are", () => {
  const cluster = check([...withShards(2), ["UpdateShardCount", to(4), "ok"]]);
  cluster.work();
  cluster.advance();
  cluster.advance([{ shardUid: 2, endOffset: 1, closedMs: cluster.nowMs }]);
  const states = [...cluster.tables.shardsOf(1)].map(({ state }) => state);
  expect(states).toEqual(["closing", "closed", "ready", "ready", "open", "open"]);
  expect(cluster.stream("s")?.status).toBe("UPDATING");
  cluster.advance([{ shardUid: 1, endOffset: 1, closedMs: cluster.nowMs }]);
  expect(cluster.stream("s")?.status).toBe("ACTIVE");
});

test("a closed shard is there until the very end of its retention", () => {
  const cluster = check([
    ...withShards(1),
    ["SplitShard", { ...s, ShardToSplit: "0", NewStartingHashKey: HALF }, "ok"],
    ["settle"],
  ]);
  const closedMs = cluster.tables.shards.get(1)?.closedMs ?? 0;
  cluster.nowMs = closedMs + 24 * 3_600_000;
  expect(cluster.advance()).toEqual([]);
  cluster.nowMs += 1;
  expect(cluster.advance()).toMatchObject([{ table: "shard", key: 1, value: { state: "dropping" } }]);
});

test("a stream can be deleted in the middle of a reshard", () => {
  const cluster = check([
    ...withShards(2),
    ["MergeShards", { ...s, ShardToMerge: "0", AdjacentShardToMerge: "1" }, "ok"],
    ["DeleteStream", s, "ok"],
    ["settle"],
    ["DescribeStream", s, `ResourceNotFoundException: Stream s under account ${account} not found.`],
  ]);
  expect(cluster.tables.shards.size).toBe(0);
});
