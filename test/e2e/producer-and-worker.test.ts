/** Producer and worker as a pair: aggregates that reshards overtake are sent again by the one and dropped by the other, both counted. */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { realClock } from "@millrace/base";
import { Producer } from "@millrace/producer";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { MemoryLeaseStore, Worker, type ReadMode } from "@millrace/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PutLoad } from "./put-load.ts";
import { createStream, mergeLowest, splitFirst, testClient, type FoundRecord } from "./stream-reader.ts";

/** Reshards until one has overtaken an aggregate: how many that takes is a matter of chance. */
const ROUNDS_MAX = 8;

let cluster: LaunchedCluster;
let client: KinesisClient;

beforeAll(async () => {
  cluster = await launchCluster({ single: true, limits: "off" });
  client = testClient(cluster.endpoint);
});

afterAll(async () => {
  client.destroy();
  await cluster.stop();
});

test.each<[string, ReadMode]>([
  ["polling", { kind: "polling", readsPerSecond: 20 }],
  ["fan-out", { kind: "fan-out", consumerName: "pair" }],
])(
  "%s: splits and merges under load lose nothing and double nothing, and both sides count the strays",
  async (name, read) => {
    const stream = `pair-${name}`;
    await createStream(client, stream, 2);
    const found: FoundRecord[] = [];
    let strayAggregates = 0;
    let strayRecords = 0;
    const worker = new Worker({
      application: stream,
      client,
      streams: [stream],
      leases: new MemoryLeaseStore(realClock).connect(),
      read,
      handler: {
        batch(batch, { shardId }) {
          for (const { data, ...record } of batch)
            found.push({ ...record, shardId, data: Buffer.from(data).toString() });
        },
      },
      hooks: {
        onEvent(event) {
          if (event.kind !== "stray") return;
          strayAggregates += 1;
          strayRecords += event.dropped;
        },
      },
    });
    const running = worker.run();
    const producer = new Producer({ client, stream, lingerMs: 5, bufferRecordsMax: 2_000, aggregation: true });
    const load = new PutLoad(producer);
    await load.goesOn();
    for (let round = 0; round < ROUNDS_MAX && (round < 2 || producer.counts.strayAggregates === 0); round += 1) {
      await (round % 2 === 0 ? splitFirst : mergeLowest)(client, stream);
      await load.goesOn();
    }
    await load.stop();
    await expect.poll(() => found.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(load.stored.size);
    await worker.stop();
    await running;
    load.expectExactly({ records: found, dropped: strayRecords });
    expect(strayAggregates).toBe(producer.counts.strayAggregates);
    expect(strayAggregates).toBeGreaterThan(0);
    expect(strayRecords).toBeGreaterThan(strayAggregates);
  },
);
