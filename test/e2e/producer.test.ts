/** The producer against real servers: reshards, dead nodes, throttling and a stalled gateway under load. */
import { pipeline } from "node:stream/promises";
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { grpcTransport, Producer, producerWritable, type ProducerSettings } from "@millrace/producer";
import { publicGrpcClient } from "@millrace/rpc";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PutLoad } from "./put-load.ts";
import { startKinesalite, type RunningKinesalite } from "./start-kinesalite.ts";
import { createStream, mergeLowest, readStream, splitFirst, testClient } from "./stream-reader.ts";

/** So much at once that a batch is always waiting, and so little that the tail of a test is short. */
const bufferRecordsMax = 1_000;

const variants: readonly (readonly [string, Partial<ProducerSettings>])[] = [
  ["plain", {}],
  ["aggregated", { aggregation: true }],
  ["aggregated and compressed", { aggregation: true, compression: true }],
  ["in order for each key", { order: "key" }],
  ["in order for each key, aggregated", { order: "key", aggregation: true }],
  ["in order for each shard", { order: "shard" }],
];

/** Puts into a stream of its own through a split and a merge; everything that was put has been found once. */
async function reshardUnderLoad(
  client: KinesisClient,
  name: string,
  settings: Partial<ProducerSettings>,
): Promise<{ readonly load: PutLoad; readonly found: Awaited<ReturnType<typeof readStream>> }> {
  const stream = name.replaceAll(/\W/g, "-");
  await createStream(client, stream, 2);
  const load = new PutLoad(new Producer({ client, stream, lingerMs: 5, bufferRecordsMax, ...settings }));
  await load.goesOn();
  await splitFirst(client, stream);
  await load.goesOn();
  await mergeLowest(client, stream);
  await load.goesOn();
  await load.stop();
  const found = await readStream(client, stream);
  load.expectExactly(found);
  return { load, found };
}

describe("a cluster of three nodes", () => {
  let cluster: LaunchedCluster;
  let client: KinesisClient;

  beforeAll(async () => {
    cluster = await launchCluster({ nodes: 3, limits: "off" });
    client = testClient(cluster.endpoint);
  });

  afterAll(async () => {
    client.destroy();
    await cluster.stop();
  });

  test.each(variants)("%s: a split and a merge under load lose nothing and double nothing", async (name, settings) => {
    const { load, found } = await reshardUnderLoad(client, name, settings);
    if (settings.order !== undefined) load.expectOrder(found);
  });

  test("over gRPC: the same", async () => {
    const stream = "over-grpc";
    await createStream(client, stream, 2);
    const caller = publicGrpcClient(cluster.grpcEndpoint ?? "");
    const transport = grpcTransport(caller, stream);
    await expect(new Producer({ transport: grpcTransport(caller, "absent") }).put({ partitionKey: "k", data: "x" }))
      .rejects //
      .toMatchObject({ code: "REFUSED" });
    const load = new PutLoad(new Producer({ transport, lingerMs: 5, bufferRecordsMax, aggregation: true }));
    await load.goesOn();
    await splitFirst(client, stream);
    await load.goesOn();
    await load.stop();
    load.expectExactly(await readStream(client, stream));
    caller.close();
  });

  test("a killed node costs no put, stores nothing twice, and keeps the order", async () => {
    const stream = "killed-node";
    await createStream(client, stream, 4);
    const load = new PutLoad(
      new Producer({ client, stream, lingerMs: 5, bufferRecordsMax, order: "shard", ttlMs: 120_000 }),
    );
    await load.goesOn();
    const [victim] = cluster.processes().filter(({ role }) => role === "storage-node");
    cluster.kill(victim?.id ?? "");
    await load.goesOn();
    await cluster.waitHealthy();
    await load.goesOn();
    await load.stop();
    const found = await readStream(client, stream);
    load.expectExactly(found);
    load.expectOrder(found);
  });

  test("while the gateway stands still the buffer stays within its limit, and then everything arrives", async () => {
    const stream = "back-pressure";
    await createStream(client, stream, 2);
    const bufferBytesMax = 1024 * 1024;
    const producer = new Producer({ client, stream, bufferBytesMax, ttlMs: 120_000, requestTimeoutMs: 2_000 });
    let taken = 0;
    let mostBytes = 0;
    const records = function* (): Generator<{ partitionKey: string; data: string }> {
      for (taken = 0; taken < 10_000; taken += 1) {
        mostBytes = Math.max(mostBytes, producer.load.bufferedBytes);
        yield { partitionKey: String(taken), data: `${taken} `.padEnd(512, "x") };
      }
    };
    await producer.put({ partitionKey: "first", data: "first" });
    cluster.kill("gateway", "SIGSTOP");
    const piped = pipeline(records(), producerWritable(producer));
    // Nothing is answered: the pipeline stands still with half a buffer in the producer's hands.
    await expect.poll(() => producer.hasRoom).toBe(false);
    const takenThen = taken;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(taken).toBe(takenThen);
    cluster.kill("gateway", "SIGCONT");
    await piped;
    await producer.close();
    expect(mostBytes).toBeLessThan(bufferBytesMax);
    const found = await readStream(client, stream);
    expect(new Set(found.records.map(({ partitionKey }) => partitionKey)).size).toBe(10_001);
  });
});

describe("with AWS's limits", () => {
  let cluster: LaunchedCluster;
  let client: KinesisClient;

  beforeAll(async () => {
    cluster = await launchCluster({ single: true, limits: "aws" });
    client = testClient(cluster.endpoint);
  });

  afterAll(async () => {
    client.destroy();
    await cluster.stop();
  });

  test("five producers share one shard: all is stored, and little is sent in vain", async () => {
    const stream = "shared";
    await createStream(client, stream, 1);
    const producers = Array.from({ length: 5 }, () => new Producer({ client, stream, ttlMs: 120_000, lingerMs: 20 }));
    let stored = 0;
    let atHalf: { stored: number; throttled: number }[] = [];
    const look = (): typeof atHalf =>
      producers.map(({ counts }) => ({ stored: counts.storedRecords, throttled: counts.retries.throttled }));
    await Promise.all(
      producers.map(async (producer, which) => {
        const puts = Array.from({ length: 1_500 }, async (_, index) => {
          await producer.put({ partitionKey: `${which}-${index}`, data: "x" });
          stored += 1;
          if (stored === 3_750) atHalf = look();
        });
        await Promise.all(puts);
        await producer.close();
      }),
    );
    const found = await readStream(client, stream);
    expect(new Set(found.records.map(({ partitionKey }) => partitionKey)).size).toBe(7_500);
    expect(found.records).toHaveLength(7_500);
    expect(producers.some(({ counts }) => counts.retries.throttled > 0)).toBe(true);
    // Five times what the shard takes at once goes out before the first answer says that it is too much. By the second half
    // each knows its share, and little is sent in vain.
    const throttledOf = (counts: typeof atHalf): number => counts.reduce((sum, { throttled }) => sum + throttled, 0);
    const atEnd = look();
    expect(throttledOf(atEnd) - throttledOf(atHalf)).toBeLessThan(0.4 * 3_750);
    process.stderr.write(`five producers: ${JSON.stringify(atHalf)} at half, ${JSON.stringify(atEnd)} at the end\n`);
  });

  test("what a throttled shard does not take in its time is given up, and is not there", async () => {
    const stream = "expiring";
    await createStream(client, stream, 1);
    const producer = new Producer({ client, stream, ttlMs: 2_000 });
    const puts = Array.from({ length: 6_000 }, (_, index) => producer.put({ partitionKey: `k${index}`, data: "x" }));
    const outcomes = await Promise.allSettled(puts);
    await producer.close();
    const stored = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [`k${index}`] : []));
    const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    expect(failures.length).toBeGreaterThan(0);
    expect(failures).toEqual(
      failures.map(() => expect.objectContaining({ code: "EXPIRED", mayBeStored: false }) as unknown),
    );
    const found = await readStream(client, stream);
    expect(found.records.map(({ partitionKey }) => partitionKey).toSorted()).toEqual(stored.toSorted());
  });
});

describe("kinesalite", () => {
  let server: RunningKinesalite;
  let client: KinesisClient;

  beforeAll(async () => {
    server = await startKinesalite();
    client = testClient(server.endpoint, true);
  });

  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  test.each(variants)("%s: a split and a merge under load lose nothing and double nothing", async (name, settings) => {
    const { load, found } = await reshardUnderLoad(client, name, settings);
    if (settings.order === "key") load.expectOrder(found);
  });
});
