import { expect } from "vitest";
import { contract, contractCluster } from "./contract.ts";

contractCluster();

const ACCOUNT = "000000000000";
const arnOf = (name: string): string => `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${name}`;

contract(
  "CreateStream",
  "answers an empty body and the stream becomes ACTIVE",
  async ({ kinesis, newName, waitActive }) => {
    const StreamName = newName();
    const answer = await kinesis.call("CreateStream", { StreamName, ShardCount: 2 });
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
    expect(answer.headers["content-type"]).toBe("application/x-amz-json-1.1");
    await waitActive(StreamName);
  },
);

contract("CreateStream", "without a shard count makes an on-demand stream of four shards", async (world) => {
  const StreamName = world.newName();
  await world.kinesis.ok("CreateStream", { StreamName });
  await world.waitActive(StreamName);
  const summary = (await world.kinesis.ok("DescribeStreamSummary", { StreamName }))["StreamDescriptionSummary"];
  expect(summary).toMatchObject({ OpenShardCount: 4, StreamModeDetails: { StreamMode: "ON_DEMAND" } });
});

contract("CreateStream", "refuses a name that exists", async ({ refuses, activeStream }) => {
  const StreamName = await activeStream();
  await refuses(
    "CreateStream",
    { StreamName, ShardCount: 1 },
    "ResourceInUseException",
    `Stream ${StreamName} under account ${ACCOUNT} already exists.`,
  );
});

contract("CreateStream", "collects every constraint violation", async ({ kinesis }) => {
  const answer = await kinesis.call("CreateStream", { StreamName: "a b", ShardCount: 0 });
  expect([answer.status, answer.body["__type"]]).toEqual([400, "ValidationException"]);
  const message = answer.body["message"] as string;
  expect(message.startsWith("2 validation errors detected: ")).toBe(true);
  expect(message).toContain(
    "Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
  );
  expect(message).toContain(
    "Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
  );
});

contract("DescribeStream", "describes a provisioned stream as AWS does", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream(2);
  const description = (await kinesis.ok("DescribeStream", { StreamName }))["StreamDescription"] as Record<
    string,
    unknown
  >;
  expect(description).toMatchObject({
    StreamName,
    StreamARN: arnOf(StreamName),
    StreamStatus: "ACTIVE",
    StreamModeDetails: { StreamMode: "PROVISIONED" },
    HasMoreShards: false,
    RetentionPeriodHours: 24,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: "NONE",
  });
  expect(description["KeyId"]).toBeUndefined();
  const shards = description["Shards"] as Record<string, Record<string, string>>[];
  expect(shards.map((shard) => shard["HashKeyRange"])).toEqual([
    { StartingHashKey: "0", EndingHashKey: "170141183460469231731687303715884105727" },
    {
      StartingHashKey: "170141183460469231731687303715884105728",
      EndingHashKey: "340282366920938463463374607431768211455",
    },
  ]);
  const [first, second] = shards.map((shard) =>
    BigInt(shard["SequenceNumberRange"]?.["StartingSequenceNumber"] ?? "0"),
  );
  expect((second ?? 0n) - (first ?? 0n)).toBe(22300745198530623141535718272648361505980432n);
  expect(shards.every((shard) => shard["SequenceNumberRange"]?.["EndingSequenceNumber"] === undefined)).toBe(true);
});

contract("DescribeStream", "pages by Limit and ExclusiveStartShardId", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream(3);
  const page = (await kinesis.ok("DescribeStream", { StreamName, Limit: 2 }))["StreamDescription"] as Record<
    string,
    unknown
  >;
  expect([(page["Shards"] as unknown[]).length, page["HasMoreShards"]]).toEqual([2, true]);
  const rest = await kinesis.ok("DescribeStream", { StreamName, ExclusiveStartShardId: "shardId-000000000001" });
  const shards = (rest["StreamDescription"] as Record<string, { ShardId: string }[]>)["Shards"];
  expect(shards?.map((shard) => shard.ShardId)).toEqual(["shardId-000000000002"]);
});

contract("DescribeStream", "says which stream is missing, by name also when asked by ARN", async ({ refuses }) => {
  const message = `Stream nowhere under account ${ACCOUNT} not found.`;
  await refuses("DescribeStream", { StreamName: "nowhere" }, "ResourceNotFoundException", message);
  await refuses("DescribeStreamSummary", { StreamARN: arnOf("nowhere") }, "ResourceNotFoundException", message);
});

contract("DescribeStreamSummary", "never returns a StreamId", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream();
  const summary = (await kinesis.ok("DescribeStreamSummary", { StreamARN: arnOf(StreamName) }))[
    "StreamDescriptionSummary"
  ];
  expect(summary).toMatchObject({ StreamName, OpenShardCount: 1, ConsumerCount: 0, MaxRecordSizeInKiB: 1024 });
  expect(Object.keys(summary as object)).not.toContain("StreamId");
});

contract("ListStreams", "lists by name in pages", async ({ kinesis, activeStream }) => {
  const names = [await activeStream(), await activeStream()].sort();
  const page = await kinesis.ok("ListStreams", { Limit: 1 });
  expect([(page["StreamNames"] as unknown[]).length, page["HasMoreStreams"]]).toEqual([1, true]);
  const all = (await kinesis.ok("ListStreams", {}))["StreamNames"] as string[];
  expect(all).toEqual([...all].sort());
  expect(names.every((name) => all.includes(name))).toBe(true);
  const after = await kinesis.ok("ListStreams", { ExclusiveStartStreamName: names[0] });
  expect((after["StreamNames"] as string[]).includes(names[0] ?? "")).toBe(false);
});

contract(
  "DeleteStream",
  "removes the stream, and the name can be used again with new sequence numbers",
  async (world) => {
    const { kinesis, activeStream, waitActive, refuses } = world;
    const StreamName = await activeStream();
    const put = await kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: "" });
    await kinesis.ok("DeleteStream", { StreamName });
    await expect.poll(async () => (await kinesis.call("DescribeStream", { StreamName })).status).toBe(400);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await kinesis.ok("CreateStream", { StreamName, ShardCount: 1 });
    await waitActive(StreamName);
    await refuses(
      "GetShardIterator",
      {
        StreamName,
        ShardId: "0",
        ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber: put["SequenceNumber"],
      },
      "InvalidArgumentException",
      /is invalid because it did not come from this stream\.$/,
    );
  },
);

contract(
  "IncreaseStreamRetentionPeriod",
  "keeps within 24 and 8760 hours and above the current period",
  async (world) => {
    const { kinesis, refuses } = world;
    const StreamName = await world.activeStream();
    await kinesis.ok("IncreaseStreamRetentionPeriod", { StreamName, RetentionPeriodHours: 48 });
    await world.waitActive(StreamName);
    await refuses(
      "IncreaseStreamRetentionPeriod",
      { StreamName, RetentionPeriodHours: 30 },
      "InvalidArgumentException",
      `Requested retention period (30 hours) for stream ${StreamName} can not be shorter than existing retention period (48 hours). Use DecreaseRetentionPeriod API.`,
    );
    await refuses(
      "IncreaseStreamRetentionPeriod",
      { StreamName, RetentionPeriodHours: 8761 },
      "InvalidArgumentException",
      "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.",
    );
  },
);

contract(
  "DecreaseStreamRetentionPeriod",
  "refuses less than 24 hours",
  async ({ kinesis, refuses, activeStream, waitActive }) => {
    const StreamName = await activeStream();
    await refuses(
      "DecreaseStreamRetentionPeriod",
      { StreamName, RetentionPeriodHours: 23 },
      "InvalidArgumentException",
      "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.",
    );
    await kinesis.ok("DecreaseStreamRetentionPeriod", { StreamName, RetentionPeriodHours: 24 });
    await waitActive(StreamName);
  },
);

contract(
  "AddTagsToStream",
  "adds, overwrites, lists and removes tags in key order",
  async ({ kinesis, activeStream }) => {
    const StreamName = await activeStream();
    await kinesis.ok("AddTagsToStream", { StreamName, Tags: { b: "2", a: "1" } });
    await kinesis.ok("AddTagsToStream", { StreamName, Tags: { a: "3" } });
    const listed = await kinesis.ok("ListTagsForStream", { StreamName });
    expect(listed).toEqual({
      Tags: [
        { Key: "a", Value: "3" },
        { Key: "b", Value: "2" },
      ],
      HasMoreTags: false,
    });
    await kinesis.ok("RemoveTagsFromStream", { StreamName, TagKeys: ["a", "absent"] });
    expect((await kinesis.ok("ListTagsForStream", { StreamName }))["Tags"]).toEqual([{ Key: "b", Value: "2" }]);
  },
);

contract(
  "ListTagsForResource",
  "lists what TagResource put and UntagResource left",
  async ({ kinesis, activeStream }) => {
    const ResourceARN = arnOf(await activeStream());
    await kinesis.ok("TagResource", { ResourceARN, Tags: { team: "mill", stage: "test" } });
    await kinesis.ok("UntagResource", { ResourceARN, TagKeys: ["stage"] });
    expect((await kinesis.ok("ListTagsForResource", { ResourceARN }))["Tags"]).toEqual([
      { Key: "team", Value: "mill" },
    ]);
  },
);

contract(
  "EnableEnhancedMonitoring",
  "answers the metrics before and after",
  async ({ kinesis, activeStream, waitActive }) => {
    const StreamName = await activeStream();
    const enabled = await kinesis.ok("EnableEnhancedMonitoring", { StreamName, ShardLevelMetrics: ["IncomingBytes"] });
    expect(enabled).toMatchObject({
      StreamName,
      CurrentShardLevelMetrics: [],
      DesiredShardLevelMetrics: ["IncomingBytes"],
    });
    await waitActive(StreamName);
    const disabled = await kinesis.ok("DisableEnhancedMonitoring", { StreamName, ShardLevelMetrics: ["ALL"] });
    expect(disabled).toMatchObject({ CurrentShardLevelMetrics: ["IncomingBytes"], DesiredShardLevelMetrics: [] });
  },
);

contract(
  "GetResourcePolicy",
  "answers {} until a policy is put, and the policy afterwards",
  async ({ kinesis, refuses, activeStream }) => {
    const ResourceARN = arnOf(await activeStream());
    expect((await kinesis.ok("GetResourcePolicy", { ResourceARN }))["Policy"]).toBe("{}");
    await refuses("DeleteResourcePolicy", { ResourceARN }, "ResourceNotFoundException", /No resource policy found/);
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "kinesis:GetRecords", Resource: ResourceARN }],
    });
    await kinesis.ok("PutResourcePolicy", { ResourceARN, Policy });
    expect((await kinesis.ok("GetResourcePolicy", { ResourceARN }))["Policy"]).toBe(Policy);
    await kinesis.ok("DeleteResourcePolicy", { ResourceARN });
  },
);

contract(
  "StartStreamEncryption",
  "reports the key as given until it is stopped",
  async ({ kinesis, activeStream, waitActive }) => {
    const StreamName = await activeStream();
    await kinesis.ok("StartStreamEncryption", { StreamName, EncryptionType: "KMS", KeyId: "alias/aws/kinesis" });
    await waitActive(StreamName);
    const described = (await kinesis.ok("DescribeStream", { StreamName }))["StreamDescription"];
    expect(described).toMatchObject({ EncryptionType: "KMS", KeyId: "alias/aws/kinesis" });
    await kinesis.ok("StopStreamEncryption", { StreamName, EncryptionType: "KMS", KeyId: "alias/aws/kinesis" });
    await waitActive(StreamName);
    expect((await kinesis.ok("DescribeStream", { StreamName }))["StreamDescription"]).toMatchObject({
      EncryptionType: "NONE",
    });
  },
);

contract(
  "UpdateStreamMode",
  "switches to on-demand and keeps the shards",
  async ({ kinesis, activeStream, waitActive, refuses }) => {
    const StreamName = await activeStream(2);
    await kinesis.ok("UpdateStreamMode", {
      StreamARN: arnOf(StreamName),
      StreamModeDetails: { StreamMode: "ON_DEMAND" },
    });
    await waitActive(StreamName);
    const summary = (await kinesis.ok("DescribeStreamSummary", { StreamName }))["StreamDescriptionSummary"];
    expect(summary).toMatchObject({ OpenShardCount: 2, StreamModeDetails: { StreamMode: "ON_DEMAND" } });
    await refuses(
      "SplitShard",
      { StreamName, ShardToSplit: "shardId-000000000000", NewStartingHashKey: "1000" },
      "ValidationException",
      `Request is invalid. Stream ${StreamName} under account ${ACCOUNT} is in On-Demand mode.`,
    );
  },
);

contract(
  "UpdateStreamRecordDistributionStrategy",
  "AUTO makes partition keys optional on on-demand streams",
  async (world) => {
    const { kinesis, newName, waitActive, readAll } = world;
    const StreamName = newName();
    await kinesis.ok("CreateStream", { StreamName, StreamModeDetails: { StreamMode: "ON_DEMAND" } });
    await waitActive(StreamName);
    await kinesis.ok("UpdateStreamRecordDistributionStrategy", {
      StreamARN: arnOf(StreamName),
      RecordDistributionStrategy: "AUTO",
    });
    const Data = Buffer.from("keyless").toString("base64");
    await expect.poll(async () => (await kinesis.call("PutRecord", { StreamName, Data })).status).toBe(200);
    const put = await kinesis.ok("PutRecord", { StreamName, Data });
    const [record] = await readAll(StreamName, put["ShardId"] as string);
    expect([record?.Data, record?.PartitionKey]).toEqual([Data, undefined]);
  },
);

contract("DescribeLimits", "counts shards and on-demand streams of the account", async ({ kinesis, activeStream }) => {
  await activeStream(2);
  const limits = await kinesis.ok("DescribeLimits", {});
  expect(limits["OpenShardCount"]).toBeGreaterThanOrEqual(2);
  expect(Object.keys(limits)).toEqual(
    expect.arrayContaining(["ShardLimit", "OpenShardCount", "OnDemandStreamCount", "OnDemandStreamCountLimit"]),
  );
});

contract("DescribeAccountSettings", "mirrors what UpdateAccountSettings set", async ({ kinesis }) => {
  const commitment = async (): Promise<unknown> =>
    (
      (await kinesis.ok("DescribeAccountSettings", {}))["MinimumThroughputBillingCommitment"] as
        | { Status?: string }
        | undefined
    )?.Status;
  expect(await commitment()).toBe("DISABLED");
  await kinesis.ok("UpdateAccountSettings", { MinimumThroughputBillingCommitment: { Status: "ENABLED" } });
  expect(await commitment()).toBe("ENABLED");
});

contract("CreateChannel", "is not known yet", async ({ kinesis }) => {
  const answer = await kinesis.call("CreateChannel", {});
  expect([answer.status, answer.body]).toEqual([400, { __type: "UnknownOperationException" }]);
});

contract("UpdateStreamWarmThroughput", "needs an on-demand stream of a committed account", async (world) => {
  const { kinesis, newName, waitActive } = world;
  const StreamName = newName();
  await kinesis.ok("CreateStream", { StreamName, StreamModeDetails: { StreamMode: "ON_DEMAND" } });
  await waitActive(StreamName);
  await kinesis.ok("UpdateAccountSettings", { MinimumThroughputBillingCommitment: { Status: "ENABLED" } });
  const answer = await kinesis.ok("UpdateStreamWarmThroughput", { StreamName, WarmThroughputMiBps: 6 });
  expect(answer).toMatchObject({ StreamName, StreamARN: arnOf(StreamName), WarmThroughput: { TargetMiBps: 6 } });
  await waitActive(StreamName);
});
