/** What a person pastes: the `aws` command line, and boto3. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { isInstalled, run } from "./run-command.ts";

let cluster: LaunchedCluster;

beforeAll(async () => {
  cluster = await launchCluster({ single: true, limits: "off" });
});

afterAll(async () => {
  await cluster.stop();
});

async function aws(...args: string[]): Promise<Readonly<Record<string, unknown>>> {
  const result = await run("aws", ["--endpoint-url", cluster.endpoint, "--output", "json", "kinesis", ...args]);
  expect({ args, exitCode: result.exitCode, stderr: result.stderr }).toEqual({ args, exitCode: 0, stderr: "" });
  return result.stdout.length === 0 ? {} : (JSON.parse(result.stdout.toString()) as Readonly<Record<string, unknown>>);
}

describe.skipIf(!isInstalled("aws", ["--version"]))("the aws command line", () => {
  test("creates, puts, gets, splits, lists and registers", async () => {
    const stream = ["--stream-name", "cli"];
    await aws("create-stream", ...stream, "--shard-count", "1");
    await aws("wait", "stream-exists", ...stream);
    const put = await aws(
      "put-record",
      ...stream,
      "--partition-key",
      "k",
      "--data",
      Buffer.from("hello").toString("base64"),
    );
    expect(put["ShardId"]).toBe("shardId-000000000000");
    const iterator = await aws(
      "get-shard-iterator",
      ...stream,
      "--shard-id",
      "0",
      "--shard-iterator-type",
      "TRIM_HORIZON",
    );
    const page = await aws("get-records", "--shard-iterator", iterator["ShardIterator"] as string);
    expect(page["Records"]).toMatchObject([{ PartitionKey: "k", SequenceNumber: put["SequenceNumber"] }]);
    await aws("split-shard", ...stream, "--shard-to-split", "shardId-000000000000", "--new-starting-hash-key", "1000");
    await aws("wait", "stream-exists", ...stream);
    const listed = await aws("list-shards", ...stream);
    expect((listed["Shards"] as unknown[]).length).toBe(3);
    expect(await aws("list-shards", ...stream, "--page-size", "1")).toEqual(listed);
    const arn = (
      (await aws("describe-stream-summary", ...stream))["StreamDescriptionSummary"] as Record<string, string>
    )["StreamARN"];
    const consumer = await aws("register-stream-consumer", "--stream-arn", arn ?? "", "--consumer-name", "c");
    expect(consumer["Consumer"]).toMatchObject({ ConsumerName: "c" });
    const missing = await run("aws", [
      "--endpoint-url",
      cluster.endpoint,
      "kinesis",
      "describe-stream",
      "--stream-name",
      "nowhere",
    ]);
    expect(missing.stderr).toContain(
      "An error occurred (ResourceNotFoundException) when calling the DescribeStream operation: Stream nowhere under account 000000000000 not found.",
    );
  });
});

const BOTO = `
import boto3, sys
kinesis = boto3.client("kinesis", endpoint_url=sys.argv[1], region_name="us-east-1")
kinesis.create_stream(StreamName="boto", ShardCount=2)
kinesis.get_waiter("stream_exists").wait(StreamName="boto", WaiterConfig={"Delay": 1})
put = kinesis.put_records(StreamName="boto", Records=[{"PartitionKey": str(i), "Data": b"record %d" % i} for i in range(50)])
assert put["FailedRecordCount"] == 0
seen = []
for shard in kinesis.list_shards(StreamName="boto")["Shards"]:
    iterator = kinesis.get_shard_iterator(StreamName="boto", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    seen += [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
assert sorted(seen) == sorted(b"record %d" % i for i in range(50))
arn = kinesis.describe_stream_summary(StreamName="boto")["StreamDescriptionSummary"]["StreamARN"]
def pages(operation, member, **arguments):
    found = list(kinesis.get_paginator(operation).paginate(**arguments, PaginationConfig={"PageSize": 1}))
    return [item for page in found for item in member(page)]
ids = ["shardId-000000000000", "shardId-000000000001"]
shards = lambda page: [shard["ShardId"] for shard in page["Shards"]]
assert pages("list_shards", shards, StreamName="boto") == ids
assert pages("list_shards", shards, StreamARN=arn, ShardFilter={"Type": "AT_LATEST"}) == ids
assert pages("list_shards", shards, StreamName="boto", ExclusiveStartShardId=ids[0]) == ids[1:]
assert pages("describe_stream", lambda page: shards(page["StreamDescription"]), StreamName="boto") == ids
assert "boto" in pages("list_streams", lambda page: page["StreamNames"])
consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="boto")["Consumer"]["ConsumerARN"]
import time
while kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]["ConsumerStatus"] != "ACTIVE": time.sleep(0.1)
events = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId="shardId-000000000000", StartingPosition={"Type": "TRIM_HORIZON"})["EventStream"]
kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="second")
names = lambda page: [consumer["ConsumerName"] for consumer in page["Consumers"]]
assert pages("list_stream_consumers", names, StreamARN=arn) == ["boto", "second"]
first = next(event["SubscribeToShardEvent"] for event in events if event["SubscribeToShardEvent"]["Records"])
assert first["Records"][0]["Data"].startswith(b"record ")
events.close()
print("boto3 is content")
`;

describe.skipIf(!isInstalled("python3", ["-c", "import boto3"]))("boto3", () => {
  test("puts, gets, lists in pages and subscribes over HTTP/1.1", async () => {
    const result = await run("python3", ["-c", BOTO, cluster.endpoint]);
    expect({ stdout: result.stdout.toString(), stderr: result.stderr }).toEqual({
      stdout: "boto3 is content\n",
      stderr: "",
    });
  });
});
