import { request } from "node:http";
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { realClock } from "@millrace/runtime";
import { expect, test } from "vitest";
import { callApi, FakeCluster, shardEntry } from "../testing/fake-cluster.ts";

const CONSUMER_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1700000000";
const consumer = { consumerArn: CONSUMER_ARN, streamUid: 1, name: "c", status: "ACTIVE", createdMs: 1 } as const;
const input = { ConsumerARN: CONSUMER_ARN, ShardId: "0", StartingPosition: { Type: "TRIM_HORIZON" } };

interface ShardEvent {
  readonly kind: string;
  readonly body: {
    readonly Records?: readonly { readonly PartitionKey: string }[];
    readonly ContinuationSequenceNumber?: string;
    readonly ChildShards?: readonly object[];
  };
}

interface Reader {
  readonly events: ShardEvent[];
  readonly keys: () => string[];
  ended: boolean;
}

/** Subscribes over HTTP/1.1 and decodes every frame with AWS's own codec. */
function subscribe(cluster: FakeCluster): Promise<Reader> {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString("utf8"),
    (text) => Buffer.from(text),
  );
  const events: ShardEvent[] = [];
  const keys = (): string[] => events.flatMap(({ body }) => body.Records ?? []).map(({ PartitionKey }) => PartitionKey);
  const reader: Reader = { events, keys, ended: false };
  return new Promise((resolve, reject) => {
    const call = request(cluster.gateway.endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "Kinesis_20131202.SubscribeToShard",
        "x-amz-date": "20261120T190000Z",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0",
      },
    });
    call.on("error", reject);
    call.on("response", (reply) => {
      expect([reply.statusCode, reply.headers["content-type"]]).toEqual([200, "application/vnd.amazon.eventstream"]);
      let rest = Buffer.alloc(0);
      reply.on("data", (bytes: Buffer) => {
        rest = Buffer.concat([rest, bytes]);
        while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
          const { headers, body } = codec.decode(rest.subarray(0, rest.readUInt32BE(0)));
          const kind = headers[":event-type"] ?? headers[":exception-type"];
          events.push({
            kind: String(kind?.value),
            body: JSON.parse(Buffer.from(body).toString()) as ShardEvent["body"],
          });
          rest = rest.subarray(rest.readUInt32BE(0));
        }
      });
      reply.on("end", () => (reader.ended = true));
      resolve(reader);
    });
    call.end(JSON.stringify(input));
  });
}

async function put(cluster: FakeCluster, key: string): Promise<void> {
  const { status } = await callApi(cluster, "PutRecord", { StreamName: "s", PartitionKey: key, Data: "" });
  expect(status).toBe(200);
}

test("the first frame is the initial response; records follow; a new leader goes on without gap or repetition", async () => {
  await using cluster = await new FakeCluster(2).start([shardEntry()], { consumers: [consumer] });
  await put(cluster, "one");
  const reader = await subscribe(cluster);
  await expect.poll(() => cluster.node(0).subscribes.length).toBe(1);
  cluster.node(0).subscribes[0]?.call.write(cluster.node(0).chunk(1, 0));
  await expect.poll(reader.keys).toEqual(["one"]);
  await put(cluster, "two");
  cluster.publish({ shards: [shardEntry({ leader: "node-1", epoch: 2 })] });
  cluster.node(0).subscribes[0]?.call.write({ status: "NOT_LEADER", last: true });
  await expect.poll(() => cluster.node(1).subscribes.length).toBe(1);
  const second = cluster.node(1).subscribes[0];
  expect(second?.request.fromOffset).toBe(1);
  // More than was asked for: what the client has seen is left out.
  second?.call.write(cluster.node(1).chunk(1, 0));
  await expect.poll(reader.keys).toEqual(["one", "two"]);
  expect(reader.events[0]?.kind).toBe("initial-response");
  expect(reader.events.at(-1)?.body.ContinuationSequenceNumber).toMatch(/^\d{56}$/);
});

test("a node that hangs is left as soon as the map names another leader", async () => {
  await using cluster = await new FakeCluster(2).start([shardEntry()], { consumers: [consumer] });
  await put(cluster, "one");
  const reader = await subscribe(cluster);
  await expect.poll(() => cluster.node(0).subscribes.length).toBe(1);
  const hung = cluster.node(0).subscribes[0]?.call;
  hung?.write(cluster.node(0).chunk(1, 0));
  await expect.poll(reader.keys).toEqual(["one"]);
  cluster.publish({ shards: [shardEntry({ leader: "node-1", epoch: 2 })] });
  await expect.poll(() => cluster.node(1).subscribes.length).toBe(1);
  await put(cluster, "two");
  // What the old leader says once it wakes is not listened to any more.
  hung?.write(cluster.node(0).chunk(1, 0));
  cluster.node(1).subscribes[0]?.call.write(cluster.node(1).chunk(1, 1));
  await expect.poll(reader.keys).toEqual(["one", "two"]);
  expect(reader.ended).toBe(false);
});

test("a subscription ends after five minutes, and not before", async () => {
  let aheadMs = 0;
  const clock = {
    nowMs: () => realClock.nowMs() + aheadMs,
    monotonicMs: () => realClock.monotonicMs() + aheadMs,
    schedule: (delayMs: number, callback: () => void) => realClock.schedule(delayMs, callback),
  };
  await using cluster = await new FakeCluster(1).start([shardEntry()], { consumers: [consumer] }, { clock });
  const reader = await subscribe(cluster);
  aheadMs = 280_000;
  // Silent for that long, it says that it lives: so this clock has been looked at.
  await expect.poll(() => reader.events.length, { timeout: 5_000 }).toBe(2);
  expect(reader.ended).toBe(false);
  aheadMs = 300_000;
  await expect.poll(() => reader.ended, { timeout: 5_000 }).toBe(true);
  expect(reader.events.every(({ kind }) => ["initial-response", "SubscribeToShardEvent"].includes(kind))).toBe(true);
});

test("the leader gives the place: taken is an ordinary 400, too many calls are refused by rate, a dry run takes none", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()], { consumers: [consumer] });
  const node = cluster.node(0);
  const answer = async (changed: object = {}): Promise<unknown> =>
    (await callApi(cluster, "SubscribeToShard", { ...input, ...changed })).body;
  node.claimStatus = "CONFLICT";
  expect(await answer()).toEqual({
    __type: "ResourceInUseException",
    message: "Another active subscription exists for this consumer: 000000000000:s:c",
  });
  node.claimStatus = "THROTTLED";
  expect(await answer()).toMatchObject({ __type: "LimitExceededException" });
  node.claimStatus = "STATUS_OK";
  expect(await answer({ DryRun: true })).toMatchObject({ __type: "DryRunOperationException" });
  // What is wrong anyway takes no place.
  expect(await answer({ StartingPosition: { Type: "AT_TIMESTAMP" } })).toMatchObject({
    __type: "InvalidArgumentException",
  });
  expect(node.claims.map(({ dryRun }) => dryRun)).toEqual([false, false, true]);
  await subscribe(cluster);
  await expect.poll(() => node.subscribes.length).toBe(1);
  const { claimId, claimedMs, consumerArn } = node.subscribes[0]?.request ?? {};
  expect({ claimId, claimedMs, consumerArn }).toEqual({
    claimId: node.claims[3]?.claimId,
    claimedMs: 1_700_000_000_000,
    consumerArn: CONSUMER_ARN,
  });
  expect(new Set(node.claims.map((claim) => claim.claimId)).size).toBe(4);
});

test("who has lost the place is told so and ends", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()], { consumers: [consumer] });
  const reader = await subscribe(cluster);
  await expect.poll(() => cluster.node(0).subscribes.length).toBe(1);
  cluster.node(0).subscribes[0]?.call.write({ status: "CONFLICT", last: true });
  await expect.poll(() => reader.ended).toBe(true);
  expect(reader.events.at(-1)?.kind).toBe("ResourceInUseException");
});

test("the end of the shard names the children and carries no continuation", async () => {
  const child = shardEntry({ shardUid: 2, shardIndex: 1, parentShardUids: [1] });
  await using cluster = await new FakeCluster(1).start([shardEntry()], { consumers: [consumer] });
  const reader = await subscribe(cluster);
  await expect.poll(() => cluster.node(0).subscribes.length).toBe(1);
  const call = cluster.node(0).subscribes[0]?.call;
  call?.write({ status: "STATUS_OK", nextOffset: 0, last: true, endOfShard: true });
  await new Promise((resolve) => setTimeout(resolve, 50));
  // The children are not known yet: the client must not be told of an end without them.
  expect(reader.ended).toBe(false);
  cluster.publish({ shards: [shardEntry({ state: "closed" }), child] });
  await expect.poll(() => reader.ended).toBe(true);
  const last = reader.events.at(-1);
  expect(last?.body.ContinuationSequenceNumber).toBeUndefined();
  expect(last?.body.ChildShards).toEqual([
    {
      ShardId: "shardId-000000000001",
      ParentShards: ["shardId-000000000000"],
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: String((1n << 128n) - 1n) },
    },
  ]);
});

test("a deleted consumer ends the stream", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()], { consumers: [consumer] });
  const reader = await subscribe(cluster);
  cluster.publish({ removedConsumerArns: [CONSUMER_ARN] });
  await expect.poll(() => reader.ended).toBe(true);
  expect(reader.events.at(-1)?.kind).toBe("ResourceNotFoundException");
});

test("what is wrong before streaming is an ordinary error", async () => {
  const creating = { ...consumer, consumerArn: CONSUMER_ARN.replace("c:17", "d:17"), status: "CREATING" } as const;
  await using cluster = await new FakeCluster(1).start([shardEntry()], { consumers: [consumer, creating] });
  const typeOf = async (changed: object): Promise<unknown> =>
    (await callApi(cluster, "SubscribeToShard", { ...input, ...changed })).body["__type"];
  expect(await typeOf({ ShardId: "shardId-000000000005" })).toBe("ResourceNotFoundException");
  expect(await typeOf({ ConsumerARN: CONSUMER_ARN.replace("c:17", "x:17") })).toBe("ResourceNotFoundException");
  expect(await typeOf({ ConsumerARN: creating.consumerArn })).toBe("ResourceInUseException");
  expect(await typeOf({ StartingPosition: { Type: "AT_TIMESTAMP" } })).toBe("InvalidArgumentException");
  expect(await typeOf({ DryRun: true })).toBe("DryRunOperationException");
});
