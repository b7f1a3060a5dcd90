/** Enhanced fan-out as the worker reads it: registration, resuming inside an aggregate, take-over, the end of a shard. */
import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { realClock, realRandom } from "@millrace/base";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { recordSources, type ConsumeHappening, type FetchedBatch, type Lease } from "@millrace/worker";
import { afterAll, beforeAll, expect, test } from "vitest";

const StreamName = "fan-out";
const shards = ["shardId-000000000000", "shardId-000000000001"] as const;
const never = new AbortController().signal;
let cluster: LaunchedCluster;
let client: KinesisClient;

beforeAll(async () => {
  cluster = await launchCluster({ single: true, limits: "off" });
  client = new KinesisClient({
    endpoint: cluster.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
  });
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  await waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName });
});

afterAll(async () => {
  client.destroy();
  await cluster.stop();
});

async function put(text: string): Promise<string> {
  const input = { StreamName, PartitionKey: "k", ExplicitHashKey: "0", Data: Buffer.from(text) };
  return (await client.send(new PutRecordCommand(input))).SequenceNumber ?? "";
}

function subscribe(checkpoint: Lease["checkpoint"]) {
  const happened: ConsumeHappening[] = [];
  const open = recordSources(client, { kind: "fan-out", consumerName: "app" }, realClock, realRandom);
  const lease = { stream: StreamName, shardId: shards[0], checkpoint } as Lease;
  const source = open(
    lease,
    () => undefined,
    (happening) => happened.push(happening),
  );
  async function read(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) {
      const { records } = await source.next(never);
      texts.push(...records.map(({ Data }) => Buffer.from(Data ?? []).toString()));
    }
    return texts;
  }
  return { source, happened, read };
}

test("subscribes, hands over to another subscriber, and ends with the shard", async () => {
  const one = await put("one");
  const first = subscribe({ type: "TRIM_HORIZON" });
  expect(await first.read(1)).toEqual(["one"]);
  await put("two");
  expect(await first.read(1)).toEqual(["two"]);
  // A second worker begins where the first had checkpointed; within five seconds the service refuses it.
  const second = subscribe({ type: "SEQUENCE", sequenceNumber: one, subSequenceNumber: 0 });
  expect(await second.read(2)).toEqual(["one", "two"]);
  expect(second.happened.some(({ kind }) => kind === "throttled")).toBe(true);
  first.source.close();
  await put("three");
  await client.send(new MergeShardsCommand({ StreamName, ShardToMerge: shards[0], AdjacentShardToMerge: shards[1] }));
  let batch: FetchedBatch;
  const rest: string[] = [];
  do {
    batch = await second.source.next(never);
    rest.push(...batch.records.map(({ Data }) => Buffer.from(Data ?? []).toString()));
  } while (batch.children === undefined);
  expect(rest).toEqual(["three"]);
  expect(batch.children.map(({ shardId, parents }) => [shardId, parents])).toEqual([
    ["shardId-000000000002", [...shards]],
  ]);
  second.source.close();
});
