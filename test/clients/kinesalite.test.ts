/**
 * Our producer and worker against a Kinesis server that nobody here wrote, and the same against ours: what both servers
 * support works on both, through a split and a merge.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect, onTestFinished, test } from "vitest";
import { realClock } from "@millrace/base";
import { Producer, type ProducerSettings } from "@millrace/producer";
import { launchCluster } from "@millrace/testkit";
import { MemoryLeaseStore, Worker } from "@millrace/worker";

const KEYS = Array.from({ length: 25 }, (_, index) => `key-${index}`);
const ROUNDS = 20;
const WAIT = { timeout: 60_000 };
const StreamName = "both";

const servers: Readonly<Record<string, () => Promise<string>>> = {
  async millrace() {
    const cluster = await launchCluster({ single: true, limits: "off" });
    onTestFinished(async () => void (await cluster.stop()));
    return cluster.endpoint;
  },
  async kinesalite() {
    const kinesalite = createRequire(import.meta.url)("kinesalite") as (options: object) => Server;
    const server = kinesalite({ createStreamMs: 10, updateStreamMs: 10, deleteStreamMs: 10 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
};

function connect(endpoint: string): KinesisClient {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  // kinesalite speaks HTTP/1.1 only.
  const client = new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials,
    requestHandler: new NodeHttpHandler(),
  });
  onTestFinished(() => client.destroy());
  return client;
}

async function becomesActive(client: KinesisClient): Promise<void> {
  const status = async (): Promise<string | undefined> =>
    (await client.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary?.StreamStatus;
  await expect.poll(status, WAIT).toBe("ACTIVE");
}

/** The ids of the open shards, by hash range. */
async function openShards(client: KinesisClient): Promise<string[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  return Shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
    .toSorted((left, right) =>
      BigInt(left.HashKeyRange?.StartingHashKey ?? 0) < BigInt(right.HashKeyRange?.StartingHashKey ?? 0) ? -1 : 1,
    )
    .map(({ ShardId = "" }) => ShardId);
}

const kinds: Readonly<Record<string, Partial<ProducerSettings>>> = {
  plain: { order: "key" },
  aggregated: { order: "key", aggregation: true },
};

for (const [name, start] of Object.entries(servers)) {
  for (const [kind, settings] of Object.entries(kinds)) {
    test(`${name}: ${kind} records, through a split and a merge, once and in order per key`, async () => {
      const client = connect(await start());
      await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
      await becomesActive(client);

      const read = new Map<string, string[]>(KEYS.map((key) => [key, []]));
      let count = 0;
      const worker = new Worker({
        application: "both",
        client,
        streams: [StreamName],
        leases: new MemoryLeaseStore(realClock).connect(),
        handler: {
          record({ partitionKey, data }) {
            read.get(partitionKey)?.push(Buffer.from(data).toString());
            count += 1;
          },
        },
      });
      const running = worker.run();
      onTestFinished(() => worker.stop());

      const producer = new Producer({ client, stream: StreamName, ...settings });
      const written = new Map<string, string[]>(KEYS.map((key) => [key, []]));
      const put = async (label: string): Promise<void> => {
        const puts: Promise<unknown>[] = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          for (const [key, texts] of written) {
            const text = `${key} ${label} ${round}`;
            texts.push(text);
            puts.push(producer.put({ partitionKey: key, data: text }));
          }
        }
        await Promise.all(puts);
      };

      await put("before");
      const [low = ""] = await openShards(client);
      await client.send(
        new SplitShardCommand({ StreamName, ShardToSplit: low, NewStartingHashKey: (2n ** 126n).toString() }),
      );
      await put("while it splits");
      await becomesActive(client);
      const [, middle = "", high = ""] = await openShards(client);
      await client.send(new MergeShardsCommand({ StreamName, ShardToMerge: middle, AdjacentShardToMerge: high }));
      await put("while they merge");
      await becomesActive(client);
      await put("after");
      await producer.close();

      await expect.poll(() => count, WAIT).toBeGreaterThanOrEqual(4 * ROUNDS * KEYS.length);
      await worker.stop();
      await running;
      expect(read).toEqual(written);
      expect(await openShards(client)).toHaveLength(2);
    });
  }
}
