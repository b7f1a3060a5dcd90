/** Polling against kinesalite, a Kinesis server that no one here wrote: it names no child shards at a shard's end. */
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { realClock, realRandom } from "@millrace/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConsumeHappening } from "../handler/consume-event.ts";
import { recordSources } from "../kinesis/record-sources.ts";
import type { Checkpoint } from "../lease/checkpoint.ts";
import type { Lease } from "../lease/lease.ts";
import type { FetchedBatch } from "./record-source.ts";

const kinesalite = createRequire(import.meta.url)("kinesalite") as (options: object) => Server;
const FIRST = "shardId-000000000000";
let server: Server;
let client: KinesisClient;

beforeAll(async () => {
  server = kinesalite({ createStreamMs: 10, updateStreamMs: 10 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = new KinesisClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
    requestHandler: new NodeHttpHandler(),
  });
});

afterAll(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

async function newStream(StreamName: string): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await becomesActive(StreamName);
}

async function becomesActive(StreamName: string): Promise<void> {
  await expect
    .poll(async () => {
      const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
      return answer.StreamDescriptionSummary?.StreamStatus;
    })
    .toBe("ACTIVE");
}

async function put(StreamName: string, text: string): Promise<string> {
  const answer = await client.send(new PutRecordCommand({ StreamName, PartitionKey: "k", Data: Buffer.from(text) }));
  return answer.SequenceNumber ?? "";
}

function reader(stream: string, checkpoint: Checkpoint, use: KinesisClient = client) {
  const happened: ConsumeHappening[] = [];
  const open = recordSources(use, { kind: "polling", readsPerSecond: 1_000, idleMs: 5 }, realClock, realRandom);
  const lease = { stream, shardId: FIRST, checkpoint } as Lease;
  const source = open(
    lease,
    () => undefined,
    (happening) => happened.push(happening),
  );
  return { source, happened };
}

const never = new AbortController().signal;
const texts = ({ records }: FetchedBatch): string[] => records.map(({ Data }) => Buffer.from(Data ?? []).toString());

test("reads a shard to its end and finds its children in a listing", async () => {
  await newStream("ends");
  await put("ends", "one");
  const { source } = reader("ends", { type: "TRIM_HORIZON" });
  expect(texts(await source.next(never))).toEqual(["one"]);
  await put("ends", "two");
  await client.send(
    new SplitShardCommand({ StreamName: "ends", ShardToSplit: FIRST, NewStartingHashKey: String(2n ** 127n) }),
  );
  await becomesActive("ends");
  const read: string[] = [];
  let batch: FetchedBatch;
  do {
    batch = await source.next(never);
    read.push(...texts(batch));
  } while (batch.children === undefined);
  expect(read).toEqual(["two"]);
  expect(batch.children.map(({ shardId, parents }) => [shardId, parents])).toEqual([
    ["shardId-000000000001", [FIRST]],
    ["shardId-000000000002", [FIRST]],
  ]);
});

test("begins at a position, and goes on behind what it has read when its iterator has expired", async () => {
  await newStream("positions");
  await put("positions", "one");
  const sequenceNumber = await put("positions", "two");
  await put("positions", "three");
  let expireOnce = true;
  const flaky = {
    send: async (command: { constructor: { name: string } }, options: object) => {
      if (command.constructor.name === "GetRecordsCommand" && !expireOnce)
        return client.send(command as never, options);
      if (command.constructor.name === "GetRecordsCommand") {
        expireOnce = false;
        throw Object.assign(new Error("expired"), { name: "ExpiredIteratorException" });
      }
      return client.send(command as never, options);
    },
  } as unknown as KinesisClient;
  const { source, happened } = reader("positions", { type: "SEQUENCE", sequenceNumber, subSequenceNumber: 0 }, flaky);
  expect(texts(await source.next(never))).toEqual(["two", "three"]);
  expect(happened).toEqual([{ kind: "reopened", reason: "iterator-expired" }]);
  expireOnce = true;
  await put("positions", "four");
  expect(texts(await source.next(never))).toEqual(["four"]);
});

test("a stream that is not there is an error, not the end of a shard", async () => {
  const { source } = reader("nowhere", { type: "TRIM_HORIZON" });
  await expect(source.next(never)).rejects.toThrow(/not found/);
});
