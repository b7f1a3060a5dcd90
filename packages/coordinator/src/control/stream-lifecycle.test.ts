import { startingSequenceNumber } from "@millrace/model";
import { describe, expect, test } from "vitest";
import { check, SCRIPT_START_MS } from "./control-script.test-support.ts";

const s = { StreamName: "s" };
const one = { ...s, ShardCount: 1 };
const account = "111122223333";
const arn = `arn:aws:kinesis:us-east-1:${account}:stream/s`;
const missing = `ResourceNotFoundException: Stream s under account ${account} not found.`;

describe("creating", () => {
  test("a stream has no shards until all of them have leaders, then all at once", () => {
    check([
      ["CreateStream", { ...s, ShardCount: 3 }, "ok"],
      ["DescribeStream", s, { StreamDescription: { StreamStatus: "CREATING", Shards: [], HasMoreShards: false } }],
      ["DescribeStreamSummary", s, { StreamDescriptionSummary: { StreamStatus: "CREATING", OpenShardCount: 0 } }],
      [
        "ListShards",
        s,
        `ResourceInUseException: Stream s under account ${account} not ACTIVE, instead in state CREATING`,
      ],
      ["settle"],
      ["DescribeStream", s, { StreamDescription: { StreamStatus: "ACTIVE", Shards: { length: 3 } } }],
      ["DescribeStreamSummary", s, { StreamDescriptionSummary: { StreamStatus: "ACTIVE", OpenShardCount: 3 } }],
    ]);
  });

  test("one shard that is not ready keeps the whole stream in CREATING", () => {
    const cluster = check([["CreateStream", { ...s, ShardCount: 2 }, "ok"]]);
    const [first] = cluster.tables.shards.values();
    if (first === undefined) throw new Error("no shard");
    cluster.tables.apply([{ table: "shard", key: first.shardUid, value: { ...first, state: "ready" } }]);
    expect(cluster.advance()).toEqual([]);
    cluster.work();
    expect(cluster.advance()).toHaveLength(3);
    expect(cluster.advance()).toEqual([]);
  });

  test("the description is what production gives by default", () => {
    const cluster = check([["CreateStream", one, "ok"], ["settle"]]);
    const created = Math.floor(SCRIPT_START_MS / 1000);
    const [shard] = cluster.tables.shards.values();
    expect(cluster.call("DescribeStream", { StreamARN: arn })).toEqual({
      StreamDescription: {
        StreamName: "s",
        StreamARN: arn,
        StreamStatus: "ACTIVE",
        StreamModeDetails: { StreamMode: "PROVISIONED" },
        Shards: [
          {
            ShardId: "shardId-000000000000",
            HashKeyRange: { StartingHashKey: "0", EndingHashKey: "340282366920938463463374607431768211455" },
            SequenceNumberRange: {
              StartingSequenceNumber: startingSequenceNumber({
                shardCreatedSeconds: shard?.createdSeconds ?? 0,
                shardIndex: 0,
              }),
            },
          },
        ],
        HasMoreShards: false,
        RetentionPeriodHours: 24,
        StreamCreationTimestamp: SCRIPT_START_MS,
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        EncryptionType: "NONE",
      },
    });
    expect(shard?.createdSeconds).toBeGreaterThanOrEqual(created);
    expect(JSON.stringify(cluster.call("DescribeStreamSummary", s))).not.toContain("StreamId");
  });

  test("without shard count and mode the stream is on demand with four shards", () => {
    check([
      ["CreateStream", s, "ok"],
      ["settle"],
      [
        "DescribeStreamSummary",
        s,
        { StreamDescriptionSummary: { StreamModeDetails: { StreamMode: "ON_DEMAND" }, OpenShardCount: 4 } },
      ],
    ]);
  });

  test("names are taken once", () => {
    check([
      ["CreateStream", one, "ok"],
      ["CreateStream", one, `ResourceInUseException: Stream s under account ${account} already exists.`],
    ]);
  });

  test("quotas refuse in production's words", () => {
    check(
      [
        ["CreateStream", { ...s, ShardCount: 3 }, "ok"],
        [
          "CreateStream",
          { StreamName: "t", ShardCount: 8 },
          `LimitExceededException: This request would exceed the shard limit for the account ${account} in us-east-1. ` +
            "Current shard count for the account: 3. Limit: 10. Number of additional shards that would have resulted " +
            "from this request: 8. Refer to the AWS Service Limits page " +
            "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to " +
            "request higher limits.",
        ],
        ["CreateStream", { StreamName: "t", ShardCount: 7 }, "ok"],
        [
          "CreateStream",
          { StreamName: "u", ShardCount: 1 },
          "LimitExceededException: This request would have exceed the limit on the number of streams that can " +
            "simultaneously be in CREATING or DELETING. Limit: 2",
        ],
        ["settle"],
        ["DescribeLimits", {}, { ShardLimit: 10, OpenShardCount: 10, OnDemandStreamCount: 0 }],
      ],
      { shardsPerAccountMax: 10, streamsInTransitionMax: 2 },
    );
  });

  test("on-demand streams have a quota of their own and take nothing of the shards'", () => {
    const refusal =
      `LimitExceededException: This request would exceed the limit on the number of on-demand streams for the account ` +
      `${account} in us-east-1. Limit: 1.`;
    check(
      [
        ["CreateStream", s, "ok"],
        ["CreateStream", { StreamName: "t" }, refusal],
        ["CreateStream", { StreamName: "t", ShardCount: 2 }, "ok"],
        ["settle"],
        [
          "DescribeLimits",
          {},
          { ShardLimit: 2, OpenShardCount: 2, OnDemandStreamCount: 1, OnDemandStreamCountLimit: 1 },
        ],
        [
          "UpdateStreamMode",
          { StreamARN: arn.replace("/s", "/t"), StreamModeDetails: { StreamMode: "ON_DEMAND" } },
          refusal,
        ],
      ],
      { onDemandStreamsMax: 1, shardsPerAccountMax: 2 },
    );
  });

  test("warm throughput needs a committed account and gives as many shards", () => {
    const warm = { ...s, StreamModeDetails: { StreamMode: "ON_DEMAND" }, WarmThroughputMiBps: 9 };
    const cluster = check([
      ["UpdateAccountSettings", { MinimumThroughputBillingCommitment: { Status: "ENABLED" } }, "ok"],
      ["CreateStream", warm, "ok"],
      ["settle"],
      [
        "DescribeStreamSummary",
        s,
        { StreamDescriptionSummary: { OpenShardCount: 9, WarmThroughput: { TargetMiBps: 9, CurrentMiBps: 9 } } },
      ],
      [
        "UpdateStreamWarmThroughput",
        { ...s, WarmThroughputMiBps: 12 },
        { WarmThroughput: { TargetMiBps: 12, CurrentMiBps: 9 } },
      ],
      ["settle"],
      ["DescribeStreamSummary", s, { StreamDescriptionSummary: { OpenShardCount: 12 } }],
    ]);
    expect(check([]).call("CreateStream", warm)).toMatch(/^ValidationException: .*no minimum throughput/);
    expect(cluster.stream("s")?.status).toBe("ACTIVE");
  });
});

describe("addressing", () => {
  test("by name, by ARN, by both when they agree; a missing stream is named, never its ARN", () => {
    check([
      ["DescribeStream", { StreamARN: arn }, missing],
      ["DescribeStream", s, missing],
      ["CreateStream", one, "ok"],
      ["DescribeStream", { ...s, StreamARN: arn }, "ok"],
      [
        "DescribeStream",
        { StreamName: "t", StreamARN: arn },
        `InvalidArgumentException: StreamName t and StreamARN ${arn} do not name the same stream.`,
      ],
      ["DescribeStream", {}, "InvalidArgumentException: Either StreamName or StreamARN should be provided."],
    ]);
  });

  test("another account's stream is refused, whether it is there or not", () => {
    const foreign = "arn:aws:kinesis:us-east-1:999999999999:stream/s";
    check([
      [
        "DescribeStreamSummary",
        { StreamARN: foreign },
        `AccessDeniedException: User: arn:aws:iam::${account}:root is not authorized to perform: ` +
          `kinesis:DescribeStreamSummary on resource: ${foreign} because no resource-based policy allows the ` +
          "kinesis:DescribeStreamSummary action",
      ],
    ]);
  });
});

describe("deleting", () => {
  test("takes consumers along only when asked to, and frees the name in the end", () => {
    const refusal =
      `ResourceInUseException: DeleteStream can't delete ${account}:s because there are consumers associated with ` +
      "this data stream. To delete s anyway, set the EnforceConsumerDeletion parameter to true to force the deletion " +
      "of all the consumers that are associated with it.";
    const cluster = check([
      ["CreateStream", one, "ok"],
      [
        "DeleteStream",
        s,
        `ResourceInUseException: Stream s under account ${account} not ACTIVE, instead in state CREATING`,
      ],
      ["settle"],
      ["RegisterStreamConsumer", { StreamARN: arn, ConsumerName: "c" }, "ok"],
      ["DeleteStream", s, refusal],
      ["DeleteStream", { ...s, EnforceConsumerDeletion: false }, refusal],
      ["DeleteStream", { ...s, EnforceConsumerDeletion: true }, "ok"],
      ["DescribeStream", s, { StreamDescription: { StreamStatus: "DELETING" } }],
      ["CreateStream", one, `ResourceInUseException: Stream s under account ${account} already exists.`],
      ["settle"],
      ["DescribeStream", s, missing],
    ]);
    expect([cluster.tables.streams.size, cluster.tables.shards.size, cluster.tables.consumers.size]).toEqual([0, 0, 0]);
  });

  test("a stream of the same name afterwards repeats neither uids nor sequence numbers", () => {
    const cluster = check([["CreateStream", one, "ok"], ["settle"]], { settleMs: 1 });
    const [before] = cluster.tables.shards.values();
    cluster.call("DeleteStream", s);
    cluster.settle();
    cluster.call("CreateStream", one);
    cluster.settle();
    const [after] = cluster.tables.shards.values();
    expect(after?.shardUid).toBeGreaterThan(before?.shardUid ?? Infinity);
    expect(after?.createdSeconds).toBeGreaterThan(before?.createdSeconds ?? Infinity);
  });
});

describe("ListStreams", () => {
  test("goes through the names in pages, by name or by token", () => {
    check([
      ["CreateStream", { StreamName: "b", ShardCount: 1 }, "ok"],
      ["CreateStream", { StreamName: "a", ShardCount: 1 }, "ok"],
      ["CreateStream", { StreamName: "c", ShardCount: 1 }, "ok"],
      ["ListStreams", {}, { StreamNames: ["a", "b", "c"], HasMoreStreams: false, StreamSummaries: { length: 3 } }],
      ["ListStreams", { ExclusiveStartStreamName: "aa" }, { StreamNames: ["b", "c"], HasMoreStreams: false }],
      ["ListStreams", { Limit: 2 }, { StreamNames: ["a", "b"], HasMoreStreams: true }],
      ["ListStreams", (page: object) => ({ ...page, Limit: 2 }), { StreamNames: ["c"], HasMoreStreams: false }],
      ["ListStreams", { NextToken: "made-up" }, "InvalidArgumentException: NextToken is invalid."],
    ]);
  });
});
