import { describe, expect, test } from "vitest";
import { check, type ScriptedCluster, type ScriptLine } from "./control-script.test-support.ts";

const s = { StreamName: "s" };
const HOUR_MS = 3_600_000;
const arn = "arn:aws:kinesis:us-east-1:111122223333:stream/s";
const RANGE_END = 340282366920938463463374607431768211455n;

interface ListedShard {
  readonly ShardId: string;
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
}

function listed(cluster: ScriptedCluster, filter?: object): readonly ListedShard[] {
  const answer = cluster.call("ListShards", { ...s, ...(filter === undefined ? {} : { ShardFilter: filter }) });
  expect(typeof answer, JSON.stringify(answer)).toBe("object");
  return (answer as { Shards: readonly ListedShard[] }).Shards;
}

function indices(shards: readonly ListedShard[]): readonly number[] {
  return shards.map((shard) => Number(shard.ShardId.slice("shardId-".length)));
}

function expectCover(shards: readonly ListedShard[]): void {
  const ranges = shards.map(({ HashKeyRange: range }) => [BigInt(range.StartingHashKey), BigInt(range.EndingHashKey)]);
  ranges.sort(([a = 0n], [b = 0n]) => (a < b ? -1 : 1));
  let expected = 0n;
  for (const [start = -1n, end = -1n] of ranges) {
    expect(start).toBe(expected);
    expected = end + 1n;
  }
  expect(expected).toBe(RANGE_END + 1n);
}

/** Two shards; ten hours later 0 is split into 2 and 3; ten hours later 3 and 1 merge into 4. */
const history: readonly ScriptLine[] = [
  ["CreateStream", { ...s, ShardCount: 2 }, "ok"],
  ["settle"],
  ["wait", 10 * HOUR_MS],
  ["SplitShard", { ...s, ShardToSplit: "0", NewStartingHashKey: "1000" }, "ok"],
  ["settle"],
  ["wait", 10 * HOUR_MS],
  ["MergeShards", { ...s, ShardToMerge: "3", AdjacentShardToMerge: "1" }, "ok"],
  ["settle"],
];

describe("filters", () => {
  test("by what is open now, at the horizon, at a time, since a time, after a shard", () => {
    const cluster = check(history);
    const now = cluster.nowMs;
    expect(indices(listed(cluster))).toEqual([0, 1, 2, 3, 4]);
    expect(indices(listed(cluster, { Type: "FROM_TRIM_HORIZON" }))).toEqual([0, 1, 2, 3, 4]);
    expect(indices(listed(cluster, { Type: "AT_LATEST" }))).toEqual([2, 4]);
    expect(indices(listed(cluster, { Type: "AT_TRIM_HORIZON" }))).toEqual([0, 1]);
    expect(indices(listed(cluster, { Type: "AT_TIMESTAMP", Timestamp: now - 5 * HOUR_MS }))).toEqual([1, 2, 3]);
    expect(indices(listed(cluster, { Type: "AT_TIMESTAMP", Timestamp: 0 }))).toEqual([0, 1]);
    expect(indices(listed(cluster, { Type: "AT_TIMESTAMP", Timestamp: now + HOUR_MS }))).toEqual([2, 4]);
    expect(indices(listed(cluster, { Type: "FROM_TIMESTAMP", Timestamp: now - 5 * HOUR_MS }))).toEqual([1, 2, 3, 4]);
    expect(indices(listed(cluster, { Type: "AFTER_SHARD_ID", ShardId: "shardId-000000000002" }))).toEqual([3, 4]);
    cluster.nowMs += 20 * HOUR_MS;
    cluster.settle();
    expect(indices(listed(cluster))).toEqual([1, 2, 3, 4]);
    expect(indices(listed(cluster, { Type: "AT_TRIM_HORIZON" }))).toEqual([1, 2, 3]);
  });

  test("the shards open at any one time cover the key space exactly", () => {
    const cluster = check(history);
    const closings = [...cluster.tables.shards.values()].map((shard) => shard.closedMs).filter((ms) => ms > 0);
    for (const closedMs of closings) {
      for (const offsetMs of [-1, 0, 1, 999, 1000, 1001, 2000]) {
        expectCover(listed(cluster, { Type: "AT_TIMESTAMP", Timestamp: closedMs + offsetMs }));
      }
    }
    for (let hour = 0; hour < 60; hour++) {
      cluster.nowMs += HOUR_MS;
      cluster.settle();
      expectCover(listed(cluster, { Type: "AT_TRIM_HORIZON" }));
    }
    expect(indices(listed(cluster))).toEqual([2, 4]);
  });

  test("take times before the trim horizon for the horizon, also before expired shards are dropped", () => {
    const cluster = check(history);
    cluster.nowMs += 20 * HOUR_MS;
    expect(indices(listed(cluster, { Type: "FROM_TIMESTAMP", Timestamp: 0 }))).toEqual([1, 2, 3, 4]);
    cluster.nowMs += 10 * HOUR_MS;
    expect(indices(listed(cluster, { Type: "AT_TIMESTAMP", Timestamp: 0 }))).toEqual([2, 4]);
  });

  test("need their members", () => {
    check([
      ...history,
      [
        "ListShards",
        { ...s, ShardFilter: { Type: "AT_TIMESTAMP" } },
        "InvalidArgumentException: Timestamp must be provided for filter AT_TIMESTAMP.",
      ],
      [
        "ListShards",
        { ...s, ShardFilter: { Type: "AFTER_SHARD_ID" } },
        "InvalidArgumentException: ShardId must be provided for filter AFTER_SHARD_ID.",
      ],
    ]);
  });
});

function next(page: { NextToken: string }): object {
  return { NextToken: page.NextToken, MaxResults: 2 };
}

describe("pages", () => {
  test("go on where the token says, with the filter of the first page", () => {
    check([
      ...history,
      ["ListShards", { ...s, MaxResults: 2 }, { Shards: [{ ShardId: "shardId-000000000000" }, {}] }],
      ["ListShards", next, { Shards: [{ ShardId: "shardId-000000000002" }, {}] }],
      ["ListShards", next, { Shards: [{ ShardId: "shardId-000000000004" }] }],
      ["ListShards", { ...s, ExclusiveStartShardId: "shardId-000000000003" }, { Shards: { length: 1 } }],
      ["ListShards", { StreamARN: arn, MaxResults: 1, ShardFilter: { Type: "AT_LATEST" } }, { Shards: { length: 1 } }],
      [
        "ListShards",
        (page: { NextToken: string }) => ({ NextToken: page.NextToken, StreamARN: arn }),
        { Shards: [{ ShardId: "shardId-000000000004" }] },
      ],
    ]);
  });

  test("are listed also by clients that repeat the first request beside the token, and by no others", () => {
    const first = { ...s, MaxResults: 1, ShardFilter: { Type: "AT_LATEST" }, ExclusiveStartShardId: "0" };
    const cluster = check(history);
    const { NextToken } = cluster.call("ListShards", first) as { NextToken: string };
    const again = cluster.call("ListShards", { ...first, NextToken });
    expect(again).toEqual(cluster.call("ListShards", { NextToken, MaxResults: 1 }));
    expect(again).toMatchObject({ Shards: { length: 1 } });
    for (const [member, other] of [
      ["StreamName", "t"],
      ["StreamARN", `${arn}t`],
      ["StreamCreationTimestamp", 5],
      ["ExclusiveStartShardId", "1"],
      ["ShardFilter", { Type: "AT_TRIM_HORIZON" }],
    ] as const) {
      expect(cluster.call("ListShards", { ...first, NextToken, [member]: other })).toBe(
        `InvalidArgumentException: NextToken and ${member} cannot be provided together.`,
      );
    }
  });

  test("of the answer end without a token", () => {
    const cluster = check(history);
    expect(cluster.call("ListShards", { ...s, MaxResults: 5 })).not.toHaveProperty("NextToken");
    expect(cluster.call("ListShards", { ...s, MaxResults: 4 })).toHaveProperty("NextToken");
  });

  test("take exactly one of token and stream, and no token that is old, foreign or made up", () => {
    check([
      ...history,
      ["ListShards", {}, "InvalidArgumentException: Either NextToken or StreamName should be provided."],
      [
        "ListShards",
        { ...s, NextToken: "t" },
        "InvalidArgumentException: NextToken and StreamName cannot be provided together.",
      ],
      [
        "ListShards",
        { NextToken: "t", ExclusiveStartShardId: "0" },
        "InvalidArgumentException: NextToken and ExclusiveStartShardId cannot be provided together.",
      ],
      ["ListShards", { NextToken: "t" }, "InvalidArgumentException: NextToken is invalid."],
      ["CreateStream", { StreamName: "t", ShardCount: 1 }, "ok"],
      ["ListStreams", { Limit: 1 }, { HasMoreStreams: true }],
      ["ListShards", next, "InvalidArgumentException: NextToken is invalid."],
    ]);
    const cluster = check(history);
    const page = cluster.call("ListShards", { ...s, MaxResults: 1 }) as { NextToken: string };
    cluster.nowMs += 300_000;
    expect(typeof cluster.call("ListShards", { NextToken: page.NextToken })).toBe("object");
    cluster.nowMs += 1;
    expect(cluster.call("ListShards", { NextToken: page.NextToken })).toMatch(/^ExpiredNextTokenException: /);
  });

  test("StreamCreationTimestamp tells generations of a name apart", () => {
    const cluster = check(history);
    const createdMs = cluster.stream("s")?.createdMs ?? 0;
    expect(typeof cluster.call("ListShards", { ...s, StreamCreationTimestamp: createdMs })).toBe("object");
    expect(cluster.call("ListShards", { ...s, StreamCreationTimestamp: createdMs - 5000 })).toBe(
      "ResourceNotFoundException: Stream s under account 111122223333 not found.",
    );
  });

  test("of DescribeStream hold at most a hundred shards", () => {
    check([
      ["CreateStream", { ...s, ShardCount: 101 }, "ok"],
      ["settle"],
      [
        "DescribeStream",
        { ...s, Limit: 10_000 },
        { StreamDescription: { HasMoreShards: true, Shards: { length: 100 } } },
      ],
      [
        "DescribeStream",
        { ...s, ExclusiveStartShardId: "shardId-000000000099" },
        { StreamDescription: { HasMoreShards: false, Shards: [{ ShardId: "shardId-000000000100" }] } },
      ],
    ]);
  });
});
