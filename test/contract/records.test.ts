import { expect } from "vitest";
import { contract, contractCluster } from "./contract.ts";

contractCluster();

const SHARD_0 = "shardId-000000000000";
const text = (value: string): string => Buffer.from(value).toString("base64");

contract("PutRecord", "answers the shard and a 56-digit sequence number", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream();
  const put = await kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: text("hello") });
  expect(Object.keys(put).sort()).toEqual(["SequenceNumber", "ShardId"]);
  expect(put["ShardId"]).toBe(SHARD_0);
  expect(put["SequenceNumber"]).toMatch(/^\d{56}$/);
});

contract("PutRecord", "places keys by the MD5 of their UTF-8 bytes", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream(3);
  const shards: string[] = [];
  for (const PartitionKey of ["a", "b", "f", "e"]) {
    shards.push((await kinesis.ok("PutRecord", { StreamName, PartitionKey, Data: "" }))["ShardId"] as string);
  }
  expect(shards.map((id) => Number(id.slice(-1)))).toEqual([0, 1, 1, 2]);
});

contract("PutRecord", "lets ExplicitHashKey replace the key's hash", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream(3);
  const put = await kinesis.ok("PutRecord", {
    StreamName,
    PartitionKey: "a",
    ExplicitHashKey: "340282366920938463463374607431768211455",
    Data: text("x"),
  });
  expect(put["ShardId"]).toBe("shardId-000000000002");
});

contract("PutRecord", "refuses an ExplicitHashKey of 2^128", async ({ refuses, activeStream }) => {
  const StreamName = await activeStream();
  const ExplicitHashKey = "340282366920938463463374607431768211456";
  await refuses(
    "PutRecord",
    { StreamName, PartitionKey: "a", Data: "", ExplicitHashKey },
    "InvalidArgumentException",
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${ExplicitHashKey}`,
  );
  // It is judged before a SequenceNumberForOrdering that is wrong too.
  await refuses(
    "PutRecord",
    { StreamName, PartitionKey: "a", Data: "", ExplicitHashKey, SequenceNumberForOrdering: "7" },
    "InvalidArgumentException",
    /^Invalid ExplicitHashKey\./,
  );
});

contract("PutRecord", "refuses a stream that does not exist", async ({ refuses }) => {
  await refuses(
    "PutRecord",
    { StreamName: "nowhere", PartitionKey: "a", Data: "" },
    "ResourceNotFoundException",
    "Stream nowhere under account 000000000000 not found.",
  );
});

contract("PutRecord", "refuses data over the stream's record size and takes 10 MiB where allowed", async (world) => {
  const { kinesis, activeStream } = world;
  const StreamName = await activeStream();
  const Data = Buffer.alloc(2 * 1024 * 1024, 7).toString("base64");
  const refused = await kinesis.call("PutRecord", { StreamName, PartitionKey: "a", Data });
  expect(refused.status).toBe(400);
  const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`;
  await kinesis.ok("UpdateMaxRecordSize", { StreamARN, MaxRecordSizeInKiB: 10_240 });
  await world.waitActive(StreamName);
  const big = Buffer.alloc(10 * 1024 * 1024 - 1, 8).toString("base64");
  await expect
    .poll(async () => (await kinesis.call("PutRecord", { StreamName, PartitionKey: "a", Data: big })).status)
    .toBe(200);
  const [record] = await world.readAll(StreamName, SHARD_0);
  expect(record?.Data === big).toBe(true);
});

contract(
  "PutRecord",
  "answers DryRunOperationException instead of writing",
  async ({ kinesis, readAll, activeStream }) => {
    const StreamName = await activeStream();
    const answer = await kinesis.call("PutRecord", { StreamName, PartitionKey: "a", Data: "", DryRun: true });
    expect([answer.status, answer.body["__type"]]).toEqual([400, "DryRunOperationException"]);
    expect(await readAll(StreamName, SHARD_0)).toEqual([]);
  },
);

contract("PutRecord", "orders numbers after SequenceNumberForOrdering", async ({ kinesis, activeStream, refuses }) => {
  const StreamName = await activeStream();
  const input = { StreamName, PartitionKey: "a", Data: "" };
  const first = (await kinesis.ok("PutRecord", input))["SequenceNumber"] as string;
  const second = await kinesis.ok("PutRecord", { ...input, SequenceNumberForOrdering: first });
  expect(BigInt(second["SequenceNumber"] as string) > BigInt(first)).toBe(true);
  const future = (BigInt(first) + (1_000_000n << 36n)).toString();
  await refuses(
    "PutRecord",
    { ...input, SequenceNumberForOrdering: future },
    "InvalidArgumentException",
    `ExclusiveMinimumSequenceNumber ${future} used in PutRecord on stream ${StreamName} under account 000000000000 is invalid.`,
  );
});

contract("PutRecords", "answers per record in request order", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream(3);
  const Records = ["a", "b", "f", "e"].map((PartitionKey) => ({ PartitionKey, Data: text(PartitionKey) }));
  const put = await kinesis.ok("PutRecords", { StreamName, Records });
  expect(put["FailedRecordCount"]).toBe(0);
  const results = put["Records"] as { ShardId: string; SequenceNumber: string }[];
  expect(results.map((result) => Number(result.ShardId.slice(-1)))).toEqual([0, 1, 1, 2]);
  expect(new Set(results.map((result) => result.SequenceNumber)).size).toBe(4);
});

contract("PutRecords", "takes 500 records and refuses 0 and 501", async ({ kinesis, activeStream, refuses }) => {
  const StreamName = await activeStream();
  const records = (count: number): unknown[] =>
    Array.from({ length: count }, () => ({ PartitionKey: "k", Data: text("d") }));
  const put = await kinesis.ok("PutRecords", { StreamName, Records: records(500) });
  expect((put["Records"] as unknown[]).length).toBe(500);
  await refuses(
    "PutRecords",
    { StreamName, Records: records(501) },
    "ValidationException",
    /at 'records' failed to satisfy constraint: Member must have length less than or equal to 500$/,
  );
  await refuses(
    "PutRecords",
    { StreamName, Records: [] },
    "ValidationException",
    /at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1$/,
  );
});

contract(
  "PutRecords",
  "writes nothing when one ExplicitHashKey is out of range",
  async ({ kinesis, activeStream, readAll }) => {
    const StreamName = await activeStream();
    const Records = [
      { PartitionKey: "a", Data: text("fine") },
      { PartitionKey: "a", Data: text("bad"), ExplicitHashKey: "340282366920938463463374607431768211456" },
    ];
    const answer = await kinesis.call("PutRecords", { StreamName, Records });
    expect([answer.status, answer.body["__type"]]).toEqual([400, "InvalidArgumentException"]);
    expect(await readAll(StreamName, SHARD_0)).toEqual([]);
  },
);

contract("GetRecords", "returns records in order with their keys, data and arrival times", async (world) => {
  const StreamName = await world.activeStream();
  const keys = ["plain", "ключ", "😀", '"\\\n\u0001', "k".repeat(256)];
  for (const PartitionKey of keys) {
    await world.kinesis.ok("PutRecord", { StreamName, PartitionKey, Data: text(`data of ${PartitionKey}`) });
  }
  const records = await world.readAll(StreamName, SHARD_0);
  expect(records.map((record) => record.PartitionKey)).toEqual(keys);
  expect(records.map((record) => record.Data)).toEqual(keys.map((key) => text(`data of ${key}`)));
  const numbers = records.map((record) => BigInt(record.SequenceNumber));
  expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n))).toBe(true);
  for (const record of records) {
    expect(Object.keys(record).sort()).toEqual([
      "ApproximateArrivalTimestamp",
      "Data",
      "PartitionKey",
      "SequenceNumber",
    ]);
    expect(Math.abs(record.ApproximateArrivalTimestamp * 1000 - Date.now())).toBeLessThan(60_000);
  }
});

contract("GetRecords", "pages by Limit with an iterator that is always new and may be used twice", async (world) => {
  const StreamName = await world.activeStream();
  const Records = Array.from({ length: 10 }, (_, index) => ({ PartitionKey: "k", Data: text(String(index)) }));
  await world.kinesis.ok("PutRecords", { StreamName, Records });
  const start = await world.kinesis.ok("GetShardIterator", {
    StreamName,
    ShardId: SHARD_0,
    ShardIteratorType: "TRIM_HORIZON",
  });
  const ShardIterator = start["ShardIterator"];
  const page = await world.kinesis.ok("GetRecords", { ShardIterator, Limit: 4 });
  const again = await world.kinesis.ok("GetRecords", { ShardIterator, Limit: 4 });
  expect((page["Records"] as unknown[]).length).toBe(4);
  expect(again["Records"]).toEqual(page["Records"]);
  expect(page["MillisBehindLatest"]).toBeGreaterThanOrEqual(0);
  const next = await world.kinesis.ok("GetRecords", { ShardIterator: page["NextShardIterator"] });
  expect((next["Records"] as unknown[]).length).toBe(6);
  expect(next["MillisBehindLatest"]).toBe(0);
  const idle = await world.kinesis.ok("GetRecords", { ShardIterator: next["NextShardIterator"] });
  expect(idle["Records"]).toEqual([]);
  expect(idle["NextShardIterator"]).not.toBe(next["NextShardIterator"]);
});

contract("GetRecords", "never returns more than 10 MiB at once, and the rest in the next call", async (world) => {
  const StreamName = await world.activeStream();
  const Data = Buffer.alloc(1024 * 1024 - 1, 5).toString("base64");
  for (let index = 0; index < 12; index += 1)
    await world.kinesis.ok("PutRecord", { StreamName, PartitionKey: "k", Data });
  const start = await world.kinesis.ok("GetShardIterator", {
    StreamName,
    ShardId: SHARD_0,
    ShardIteratorType: "TRIM_HORIZON",
  });
  const page = await world.kinesis.ok("GetRecords", { ShardIterator: start["ShardIterator"] });
  expect((page["Records"] as unknown[]).length).toBe(10);
  const rest = await world.kinesis.ok("GetRecords", { ShardIterator: page["NextShardIterator"] });
  expect((rest["Records"] as unknown[]).length).toBe(2);
});

contract("GetShardIterator", "LATEST sees only what is put later", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream();
  await kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: text("before") });
  const latest = await kinesis.ok("GetShardIterator", { StreamName, ShardId: SHARD_0, ShardIteratorType: "LATEST" });
  await kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: text("after") });
  const page = await kinesis.ok("GetRecords", { ShardIterator: latest["ShardIterator"] });
  expect((page["Records"] as { Data: string }[]).map((record) => record.Data)).toEqual([text("after")]);
});

contract("GetShardIterator", "AT and AFTER a sequence number start there", async (world) => {
  const StreamName = await world.activeStream();
  const numbers: string[] = [];
  for (const data of ["0", "1", "2"]) {
    const put = await world.kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: text(data) });
    numbers.push(put["SequenceNumber"] as string);
  }
  const read = async (ShardIteratorType: string): Promise<string[]> =>
    (await world.readAll(StreamName, SHARD_0, { ShardIteratorType, StartingSequenceNumber: numbers[1] })).map(
      (r) => r.Data,
    );
  expect(await read("AT_SEQUENCE_NUMBER")).toEqual([text("1"), text("2")]);
  expect(await read("AFTER_SEQUENCE_NUMBER")).toEqual([text("2")]);
});

contract("GetShardIterator", "AT_TIMESTAMP starts at the first record that arrived then or later", async (world) => {
  const StreamName = await world.activeStream();
  await world.kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: text("old") });
  await new Promise((resolve) => setTimeout(resolve, 30));
  await world.kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: text("new") });
  const [, newest] = await world.readAll(StreamName, SHARD_0);
  const Timestamp = newest?.ApproximateArrivalTimestamp;
  const from = await world.readAll(StreamName, SHARD_0, { ShardIteratorType: "AT_TIMESTAMP", Timestamp });
  expect(from.map((record) => record.Data)).toEqual([text("new")]);
});

contract("GetShardIterator", "explains which arguments belong together", async ({ refuses, activeStream }) => {
  const StreamName = await activeStream();
  const base = { StreamName, ShardId: SHARD_0 };
  await refuses(
    "GetShardIterator",
    { ...base, ShardIteratorType: "AT_SEQUENCE_NUMBER" },
    "InvalidArgumentException",
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.",
  );
  await refuses(
    "GetShardIterator",
    { ...base, ShardIteratorType: "LATEST", StartingSequenceNumber: "0" },
    "InvalidArgumentException",
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified LATEST and also a StartingSequenceNumber.",
  );
  await refuses(
    "GetShardIterator",
    { ...base, ShardIteratorType: "AT_TIMESTAMP" },
    "InvalidArgumentException",
    "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
  );
});

contract(
  "GetShardIterator",
  "refuses a sequence number of another shard",
  async ({ kinesis, refuses, activeStream }) => {
    const StreamName = await activeStream(2);
    const put = await kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", ExplicitHashKey: "0", Data: "" });
    await refuses(
      "GetShardIterator",
      {
        StreamName,
        ShardId: "shardId-000000000001",
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: put["SequenceNumber"],
      },
      "InvalidArgumentException",
      "Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a call to a shard with shardId-000000000001",
    );
  },
);

contract("GetShardIterator", "takes shard ids leniently and refuses shards that do not exist", async (world) => {
  const StreamName = await world.activeStream();
  for (const ShardId of ["0", "shardId-0", "foo-0"]) {
    await world.kinesis.ok("GetShardIterator", { StreamName, ShardId, ShardIteratorType: "LATEST" });
  }
  await world.refuses(
    "GetShardIterator",
    { StreamName, ShardId: "shardId-000000000009", ShardIteratorType: "LATEST" },
    "ResourceNotFoundException",
    `Shard shardId-000000000009 in stream ${StreamName} under account 000000000000 does not exist`,
  );
  await world.refuses(
    "GetShardIterator",
    { StreamName, ShardId: "nonsense", ShardIteratorType: "LATEST" },
    "ResourceNotFoundException",
    `Could not find shard nonsense in stream ${StreamName} under account 000000000000.`,
  );
});

contract("GetRecords", "refuses garbage, tampered and foreign iterators, and takes a quoted one", async (world) => {
  const { kinesis, refuses } = world;
  const StreamName = await world.activeStream();
  const start = await kinesis.ok("GetShardIterator", { StreamName, ShardId: "0", ShardIteratorType: "TRIM_HORIZON" });
  const good = start["ShardIterator"] as string;
  await kinesis.ok("GetRecords", { ShardIterator: `"${good}"` });
  const middle = Math.floor(good.length / 2);
  const tampered = good.slice(0, middle) + (good[middle] === "A" ? "B" : "A") + good.slice(middle + 1);
  for (const ShardIterator of ["garbage", tampered, `AAAAAAAAAAE${"A".repeat(100)}`]) {
    await refuses("GetRecords", { ShardIterator }, "InvalidArgumentException", "Invalid ShardIterator.");
  }
});
