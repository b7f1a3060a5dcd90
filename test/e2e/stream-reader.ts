/** A stream as a consumer of ours sees it: every shard from its beginning, aggregates opened, strays left out and counted. */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  type Shard,
} from "@aws-sdk/client-kinesis";
import { expandRecord, HashRangeTable } from "@millrace/kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect } from "vitest";

/** One user record and its place. */
export interface FoundRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  readonly data: string;
}

/** What was found, and how many user records lay in aggregates that are void. */
export interface FoundStream {
  readonly records: readonly FoundRecord[];
  readonly dropped: number;
}

const SETTLES_WITHIN_MS = 30_000;

/** A client for an endpoint without accounts; over HTTP/1.1 where the server speaks nothing else. */
export function testClient(endpoint: string, http1 = false): KinesisClient {
  return new KinesisClient({
    endpoint,
    ...(http1 ? { requestHandler: new NodeHttpHandler() } : {}),
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  });
}

/** Creates a stream and waits until it takes records. */
export async function createStream(client: KinesisClient, StreamName: string, ShardCount: number): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
  await active(client, StreamName);
}

/** Splits the first open shard in the middle; resolves when its children take records. */
export async function splitFirst(client: KinesisClient, StreamName: string): Promise<void> {
  const [shard] = (await shardsOf(client, StreamName)).filter(isOpen);
  const start = BigInt(shard?.HashKeyRange?.StartingHashKey ?? 0);
  const end = BigInt(shard?.HashKeyRange?.EndingHashKey ?? 0);
  const NewStartingHashKey = String(start + (end - start + 1n) / 2n);
  await client.send(new SplitShardCommand({ StreamName, ShardToSplit: shard?.ShardId, NewStartingHashKey }));
  await active(client, StreamName);
}

/** Merges the open shards with the lowest hash keys; resolves when their child takes records. */
export async function mergeLowest(client: KinesisClient, StreamName: string): Promise<void> {
  const open = (await shardsOf(client, StreamName)).filter(isOpen);
  const startOf = (shard: Shard): bigint => BigInt(shard.HashKeyRange?.StartingHashKey ?? 0);
  const [lower, upper] = open.toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  await client.send(
    new MergeShardsCommand({ StreamName, ShardToMerge: lower?.ShardId, AdjacentShardToMerge: upper?.ShardId }),
  );
  await active(client, StreamName);
}

/** All of it, shard by shard, each in its order. */
export async function readStream(client: KinesisClient, StreamName: string): Promise<FoundStream> {
  const records: FoundRecord[] = [];
  let dropped = 0;
  for (const { ShardId: shardId = "", HashKeyRange } of await shardsOf(client, StreamName)) {
    const { StartingHashKey: startingHashKey = "", EndingHashKey: endingHashKey = "" } = HashKeyRange ?? {};
    const owned = new HashRangeTable([{ startingHashKey, endingHashKey }]);
    const ShardIteratorType = "TRIM_HORIZON";
    const begin = await client.send(new GetShardIteratorCommand({ StreamName, ShardId: shardId, ShardIteratorType }));
    let ShardIterator = begin.ShardIterator;
    while (ShardIterator !== undefined) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator }));
      for (const { SequenceNumber: sequenceNumber = "", PartitionKey = "", Data = new Uint8Array() } of page.Records ??
        []) {
        const expanded = expandRecord({ partitionKey: PartitionKey, data: Data }, owned);
        if (expanded.kind === "stray") dropped += expanded.dropped;
        expanded.records.forEach(({ partitionKey, data }, subSequenceNumber) => {
          records.push({
            shardId,
            sequenceNumber,
            subSequenceNumber,
            partitionKey,
            data: Buffer.from(data).toString(),
          });
        });
      }
      ShardIterator = page.MillisBehindLatest === 0 && page.Records?.length === 0 ? undefined : page.NextShardIterator;
    }
  }
  return { records, dropped };
}

async function shardsOf(client: KinesisClient, StreamName: string): Promise<Shard[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  return Shards;
}

function isOpen(shard: Shard): boolean {
  return shard.SequenceNumberRange?.EndingSequenceNumber === undefined;
}

async function active(client: KinesisClient, StreamName: string): Promise<void> {
  const status = async (): Promise<unknown> =>
    (await client.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary?.StreamStatus;
  await expect.poll(status, { timeout: SETTLES_WITHIN_MS }).toBe("ACTIVE");
}
