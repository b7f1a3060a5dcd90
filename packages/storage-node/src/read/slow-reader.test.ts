import { setTimeout as delay } from "node:timers/promises";
import { storageClient, type ReadChunk__Output } from "@millrace/rpc";
import { afterEach, expect, test } from "vitest";
import { textsOf } from "../testing/small-gateway.ts";
import { ThreeNodes } from "../testing/three-nodes.ts";

const MiB = 1024 * 1024;
const RECORDS = 96;
const RECORD_BYTES = MiB / 4;
/** Two flow-control windows, a chunk on its way and one being made; far below the 24 MiB that wait. */
const TAKEN_BYTES_MAX = 5 * MiB;

let nodes: ThreeNodes | undefined;

afterEach(async () => {
  await nodes?.close();
  nodes = undefined;
});

async function filled(): Promise<ThreeNodes> {
  const cluster = await ThreeNodes.start({ stream: { shardMetrics: ["OutgoingBytes", "OutgoingRecords"] } });
  nodes = cluster;
  const leader = cluster.to(cluster.ids[0]);
  for (let index = 0; index < RECORDS; index += 1) {
    expect(await leader.append(1, [`${index}-${"x".repeat(RECORD_BYTES)}`])).toMatchObject({ status: "STATUS_OK" });
  }
  return cluster;
}

/** User bytes read from the log for subscriptions and reads so far. */
async function outgoingBytes(cluster: ThreeNodes): Promise<number> {
  const { adminEndpoint } = cluster.nodes.get(cluster.ids[0])?.ready ?? expect.unreachable("the leader runs");
  const text = await (await fetch(`${adminEndpoint}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith("millrace_shard_outgoing_bytes_total{"));
  return Number(line?.split(" ").at(-1) ?? 0);
}

/** Waits until the node reads nothing more, then answers how much it has read. */
async function settledBytes(cluster: ThreeNodes): Promise<number> {
  for (let before = -1; ;) {
    const now = await outgoingBytes(cluster);
    if (now === before) return now;
    before = now;
    await delay(300);
  }
}

test("a subscription whose reader takes nothing is read for no further, and goes on when it does", async () => {
  const cluster = await filled();
  const client = storageClient(cluster.coordinator.addressOf(cluster.ids[0]));
  const call = client.subscribe({ shardUid: 1, fromOffset: 0 });
  let chunks = 0;
  const texts: string[] = [];
  await new Promise<void>((resolve) => {
    call.once("data", () => {
      call.pause();
      resolve();
    });
  });
  const taken = await settledBytes(cluster);
  expect(taken).toBeLessThan(TAKEN_BYTES_MAX);
  // Others are served meanwhile.
  expect((await cluster.to(cluster.ids[0]).read({ shardUid: 1, fromOffset: RECORDS - 1 })).texts).toHaveLength(1);
  const all = new Promise<void>((resolve) => {
    call.on("data", (chunk: ReadChunk__Output) => {
      chunks += 1;
      texts.push(...textsOf(chunk).map((text) => text.slice(0, text.indexOf("-"))));
      if (texts.length >= RECORDS) resolve();
    });
  });
  call.resume();
  await all;
  expect(chunks).toBeGreaterThan(10);
  expect(texts).toEqual(Array.from({ length: RECORDS }, (_, index) => String(index)));
  call.on("error", () => undefined);
  call.cancel();
  client.close();
}, 30_000);

test("reads whose readers take nothing hold a bounded part of what they asked for", async () => {
  const cluster = await filled();
  const client = storageClient(cluster.coordinator.addressOf(cluster.ids[0]));
  const call = client.read({ shardUid: 1, fromOffset: 0, maxRecords: 10_000, maxBytes: 100 * MiB });
  const memoryBefore = process.memoryUsage().arrayBuffers;
  await new Promise<void>((resolve) => {
    call.once("data", () => {
      call.pause();
      resolve();
    });
  });
  await delay(1000);
  expect(process.memoryUsage().arrayBuffers - memoryBefore).toBeLessThan(3 * TAKEN_BYTES_MAX);
  // A read counts when it is finished: this one has not come that far.
  expect(await outgoingBytes(cluster)).toBe(0);
  const ended = new Promise<ReadChunk__Output>((resolve) => {
    call.on("data", (chunk: ReadChunk__Output) => {
      if (chunk.last) resolve(chunk);
    });
  });
  call.resume();
  expect(await ended).toMatchObject({ status: "STATUS_OK", nextOffset: RECORDS });
  expect(await outgoingBytes(cluster)).toBeGreaterThan(RECORDS * RECORD_BYTES);
  client.close();
}, 30_000);
