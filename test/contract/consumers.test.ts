import { expect } from "vitest";
import { contract, contractCluster, type ContractWorld } from "./contract.ts";
import { subscribe, type StreamEvent } from "./event-stream-reader.ts";

contractCluster();

const ACCOUNT = "000000000000";
const SHARD_0 = "shardId-000000000000";
const arnOf = (name: string): string => `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${name}`;

async function activeConsumer(
  { kinesis }: ContractWorld,
  StreamName: string,
  ConsumerName = "reader",
): Promise<string> {
  const StreamARN = arnOf(StreamName);
  const registered = await kinesis.ok("RegisterStreamConsumer", { StreamARN, ConsumerName });
  const ConsumerARN = (registered["Consumer"] as Record<string, string>)["ConsumerARN"] ?? "";
  await expect
    .poll(async () => (await kinesis.ok("DescribeStreamConsumer", { ConsumerARN }))["ConsumerDescription"], {
      timeout: 10_000,
    })
    .toMatchObject({ ConsumerStatus: "ACTIVE" });
  return ConsumerARN;
}

const recordsIn = (events: readonly StreamEvent[]): { Data: string }[] =>
  events.flatMap((event) => (event.payload["Records"] as { Data: string }[] | undefined) ?? []);

contract("RegisterStreamConsumer", "answers the new consumer and refuses its name a second time", async (world) => {
  const StreamName = await world.activeStream();
  const StreamARN = arnOf(StreamName);
  const answer = await world.kinesis.ok("RegisterStreamConsumer", { StreamARN, ConsumerName: "one" });
  const consumer = answer["Consumer"] as Record<string, string>;
  expect(consumer["ConsumerStatus"]).toBe("CREATING");
  expect(consumer["ConsumerARN"]).toMatch(new RegExp(`^${StreamARN}/consumer/one:\\d+$`));
  const again = await world.kinesis.call("RegisterStreamConsumer", { StreamARN, ConsumerName: "one" });
  expect([again.status, again.body["__type"]]).toEqual([400, "ResourceInUseException"]);
});

contract("ListStreamConsumers", "lists consumers until they are deregistered", async (world) => {
  const StreamName = await world.activeStream();
  const StreamARN = arnOf(StreamName);
  const ConsumerARN = await activeConsumer(world, StreamName);
  const listed = (await world.kinesis.ok("ListStreamConsumers", { StreamARN }))["Consumers"];
  expect(listed).toMatchObject([{ ConsumerName: "reader", ConsumerARN, ConsumerStatus: "ACTIVE" }]);
  await world.kinesis.ok("DeregisterStreamConsumer", { ConsumerARN });
  await expect
    .poll(async () => (await world.kinesis.ok("ListStreamConsumers", { StreamARN }))["Consumers"])
    .toEqual([]);
  await world.refuses(
    "DescribeStreamConsumer",
    { StreamARN, ConsumerName: "reader" },
    "ResourceNotFoundException",
    /^Consumer .*reader.*, account 000000000000 not found\.$/,
  );
});

contract("DeleteStream", "with consumers needs EnforceConsumerDeletion", async (world) => {
  const StreamName = await world.activeStream();
  await activeConsumer(world, StreamName);
  await world.refuses(
    "DeleteStream",
    { StreamName },
    "ResourceInUseException",
    `DeleteStream can't delete ${ACCOUNT}:${StreamName} because there are consumers associated with this data stream. To delete ${StreamName} anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that are associated with it.`,
  );
  await world.kinesis.ok("DeleteStream", { StreamName, EnforceConsumerDeletion: true });
  await expect.poll(async () => (await world.kinesis.call("DescribeStreamSummary", { StreamName })).status).toBe(400);
});

for (const protocol of ["http1", "http2"] as const) {
  contract(
    "SubscribeToShard",
    "pushes records over HTTP/1.1 and HTTP/2, initial-response first, " + protocol,
    async (world) => {
      const StreamName = await world.activeStream();
      const ConsumerARN = await activeConsumer(world, StreamName);
      await world.kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: "YmVmb3Jl" });
      const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: { Type: "TRIM_HORIZON" } };
      const subscription = await subscribe(world.kinesis, world.endpoint, input, protocol);
      try {
        expect(subscription.status).toBe(200);
        expect(subscription.headers["content-type"]).toBe("application/vnd.amazon.eventstream");
        await subscription.until((events) => recordsIn(events).length === 1);
        await world.kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: "YWZ0ZXI=" });
        await subscription.until((events) => recordsIn(events).length === 2);
        expect(recordsIn(subscription.events).map((record) => record.Data)).toEqual(["YmVmb3Jl", "YWZ0ZXI="]);
        expect(subscription.events[0]).toEqual({
          headers: {
            ":event-type": "initial-response",
            ":content-type": "application/x-amz-json-1.1",
            ":message-type": "event",
          },
          payload: {},
        });
        expect(subscription.events[1]?.headers).toEqual({
          ":event-type": "SubscribeToShardEvent",
          ":content-type": "application/x-amz-json-1.1",
          ":message-type": "event",
        });
      } finally {
        subscription.close();
      }
    },
  );
}

contract(
  "SubscribeToShard",
  "sends empty events whose continuation number moves forward and is accepted back",
  async (world) => {
    const StreamName = await world.activeStream();
    const ConsumerARN = await activeConsumer(world, StreamName);
    const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: { Type: "LATEST" } };
    const subscription = await subscribe(world.kinesis, world.endpoint, input);
    try {
      await subscription.until((events) => events.length >= 3);
      const numbers = subscription.events
        .slice(1, 3)
        .map((event) => event.payload["ContinuationSequenceNumber"] as string);
      expect(numbers.every((number) => /^\d{56}$/.test(number))).toBe(true);
      expect(BigInt(numbers[1] ?? "0") > BigInt(numbers[0] ?? "0")).toBe(true);
      const start = {
        StreamName,
        ShardId: SHARD_0,
        ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber: numbers[1],
      };
      await world.kinesis.ok("GetShardIterator", start);
    } finally {
      subscription.close();
    }
  },
);

contract("SubscribeToShard", "refuses a second subscriber within five seconds", async (world) => {
  const StreamName = await world.activeStream();
  const ConsumerARN = await activeConsumer(world, StreamName);
  const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: { Type: "LATEST" } };
  const first = await subscribe(world.kinesis, world.endpoint, input);
  try {
    await world.refuses(
      "SubscribeToShard",
      input,
      "ResourceInUseException",
      /^Another active subscription exists for this consumer: /,
    );
  } finally {
    first.close();
  }
});

contract("SubscribeToShard", "lets a newcomer take over after five seconds", async (world) => {
  const StreamName = await world.activeStream();
  const ConsumerARN = await activeConsumer(world, StreamName);
  const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: { Type: "LATEST" } };
  const first = await subscribe(world.kinesis, world.endpoint, input);
  await new Promise((resolve) => setTimeout(resolve, 5200));
  const second = await subscribe(world.kinesis, world.endpoint, input);
  try {
    expect(second.status).toBe(200);
    await first.ended;
    const last = first.events.at(-1);
    if (last?.headers[":message-type"] === "exception")
      expect(last.headers[":exception-type"]).toBe("ResourceInUseException");
  } finally {
    second.close();
  }
});

contract(
  "SubscribeToShard",
  "ends a closed shard with ChildShards and without a continuation number",
  async (world) => {
    const StreamName = await world.activeStream();
    const ConsumerARN = await activeConsumer(world, StreamName);
    const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: { Type: "TRIM_HORIZON" } };
    await world.kinesis.ok("PutRecord", { StreamName, PartitionKey: "a", Data: "bGFzdA==" });
    const subscription = await subscribe(world.kinesis, world.endpoint, input);
    await world.kinesis.ok("SplitShard", { StreamName, ShardToSplit: SHARD_0, NewStartingHashKey: "1000" });
    await subscription.ended;
    expect(recordsIn(subscription.events).map((record) => record.Data)).toEqual(["bGFzdA=="]);
    const last = subscription.events.at(-1)?.payload;
    expect(last?.["ContinuationSequenceNumber"]).toBeUndefined();
    expect(
      ((last?.["ChildShards"] ?? []) as { ShardId: string; ParentShards: string[] }[]).map((child) => [
        child.ShardId,
        child.ParentShards,
      ]),
    ).toEqual([
      ["shardId-000000000001", [SHARD_0]],
      ["shardId-000000000002", [SHARD_0]],
    ]);
  },
);

contract("SubscribeToShard", "refuses a consumer that does not exist with plain JSON", async (world) => {
  const StreamName = await world.activeStream();
  const ConsumerARN = `${arnOf(StreamName)}/consumer/nobody:1700000000`;
  const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: { Type: "LATEST" } };
  await world.refuses("SubscribeToShard", input, "ResourceNotFoundException", /nobody/);
});
