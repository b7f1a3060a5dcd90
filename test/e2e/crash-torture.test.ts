/**
 * Several producers put without pause while storage nodes are killed one after another, and now and then all at once.
 * What was acknowledged must be there for ever: once, under its number, in one order.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Random } from "@millrace/base";
import { launchCluster, seededRandom, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { scanShard, type ReadRecord } from "./put-ledger.ts";

const StreamName = "torture";
const SHARDS = 4;
const PRODUCERS = 6;
const TORTURE_MS = Number(process.env["TORTURE_SECONDS"] ?? "25") * 1000;
const ATTEMPTS_MAX = 200;
/** Set to repeat the choice of victims and pauses; what the processes make of them is theirs. */
const seed = Number(process.env["TORTURE_SEED"] ?? Date.now() % 100_000);

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;

interface Acknowledged {
  readonly data: string;
  readonly shardId: string;
  readonly number: string;
}

beforeAll(async () => {
  cluster = await launchCluster({ nodes: 3, limits: "off" });
  kinesis = new KinesisCaller(cluster.endpoint);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
  await kinesis.waitActive(StreamName);
});

afterAll(async () => {
  kinesis.close();
  await cluster.stop();
});

/** Puts until `stop`, each request again under the same invocation id until it is answered with success, as SDKs do. */
async function produce(name: string, stop: AbortSignal, acknowledged: Map<string, Acknowledged>): Promise<Set<string>> {
  const caller = new KinesisCaller(cluster.endpoint);
  const sent = new Set<string>();
  for (let count = 0; !stop.aborted; count += 1) {
    const batch = count % 3 === 0 ? 1 : 20;
    const Records = Array.from({ length: batch }, (_, index) => {
      const PartitionKey = `${name}-${count}-${index}`;
      const Data = Buffer.from(`${PartitionKey} `.repeat(1 + ((count * 7 + index) % 60))).toString("base64");
      return { PartitionKey, Data };
    });
    for (const { PartitionKey } of Records) sent.add(PartitionKey);
    await putUntilTaken(caller, Records, acknowledged);
  }
  caller.close();
  return sent;
}

async function putUntilTaken(
  caller: KinesisCaller,
  all: readonly { readonly PartitionKey: string; readonly Data: string }[],
  acknowledged: Map<string, Acknowledged>,
): Promise<void> {
  const single = all.length === 1;
  const operation = single ? "PutRecord" : "PutRecords";
  const input = single ? { StreamName, ...all[0] } : { StreamName, Records: all };
  const headers = { ...caller.headers(operation), "amz-sdk-invocation-id": randomUUID() };
  const body = JSON.stringify(input);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    // The very same request: records that were stored are recognised, the others are stored now.
    const answer = await caller.raw({ headers, body }).catch(() => undefined);
    const entries = answer?.status === 200 ? (single ? [answer.body] : (answer.body["Records"] as unknown[])) : [];
    let missing = entries.length === 0;
    entries.forEach((entry, index) => {
      const { SequenceNumber, ShardId } = entry as { SequenceNumber?: string; ShardId: string };
      const record = all[index];
      if (SequenceNumber === undefined || record === undefined) missing = true;
      else note(acknowledged, record, ShardId, SequenceNumber);
    });
    if (!missing) return;
    await delay(50);
  }
  throw new Error(`a put was not taken in ${ATTEMPTS_MAX} attempts`);
}

function note(
  acknowledged: Map<string, Acknowledged>,
  { PartitionKey, Data }: { readonly PartitionKey: string; readonly Data: string },
  shardId: string,
  number: string,
): void {
  const before = acknowledged.get(PartitionKey);
  // A repeat is answered with the number of the first time.
  if (before !== undefined)
    expect([PartitionKey, shardId, number]).toEqual([PartitionKey, before.shardId, before.number]);
  acknowledged.set(PartitionKey, { data: Data, shardId, number });
}

/** Reads behind the producers: what was seen once must be seen by every later scan, at the same place. */
async function consume(shard: number, stop: AbortSignal, seen: ReadRecord[]): Promise<void> {
  let after: string | undefined;
  while (!stop.aborted) {
    const type = after === undefined ? { ShardIteratorType: "TRIM_HORIZON" } : afterNumber(after);
    const start = await kinesis
      .call("GetShardIterator", { StreamName, ShardId: String(shard), ...type })
      .catch(() => undefined);
    let ShardIterator: unknown = start?.body["ShardIterator"];
    while (ShardIterator !== undefined && !stop.aborted) {
      const page = await kinesis.call("GetRecords", { ShardIterator }).catch(() => undefined);
      if (page?.status !== 200) break;
      const records = page.body["Records"] as ReadRecord[];
      seen.push(...records);
      after = records.at(-1)?.SequenceNumber ?? after;
      ShardIterator = page.body["NextShardIterator"];
      if (records.length === 0) await delay(20);
    }
    await delay(100);
  }
}

function afterNumber(StartingSequenceNumber: string): object {
  return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber };
}

function below(random: Random, limit: number): number {
  return Math.floor(random.float() * limit);
}

async function torture(random: Random, stop: AbortSignal): Promise<number> {
  let kills = 0;
  while (!stop.aborted) {
    await delay(200 + below(random, 2500));
    const nodes = cluster.processes().filter(({ role }) => role === "storage-node");
    const everybody = below(random, 6) === 0;
    const victims = everybody ? nodes : [nodes[below(random, nodes.length)]];
    for (const victim of victims) if (victim !== undefined) cluster.kill(victim.id, "SIGKILL");
    kills += victims.length;
    if (everybody) await delay(1500);
  }
  return kills;
}

test(`killed nodes lose, double, reorder and invent nothing (seed ${seed})`, async () => {
  const acknowledged = new Map<string, Acknowledged>();
  const seen = Array.from({ length: SHARDS }, (): ReadRecord[] => []);
  const [producing, torturing, consuming] = [new AbortController(), new AbortController(), new AbortController()];
  const producers = Array.from({ length: PRODUCERS }, (_, index) =>
    produce(`p${index}`, producing.signal, acknowledged),
  );
  const consumers = seen.map((records, shard) => consume(shard, consuming.signal, records));
  const killing = torture(seededRandom(seed), torturing.signal);
  await Promise.race([delay(TORTURE_MS), ...producers]);
  torturing.abort();
  const kills = await killing;
  await cluster.waitHealthy();
  producing.abort();
  const sent = new Set((await Promise.all(producers)).flatMap((keys) => [...keys]));
  consuming.abort();
  await Promise.all(consumers);
  expect(kills).toBeGreaterThan(0);
  const found = new Map<string, ReadRecord & { readonly shard: number }>();
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const first = await scanShard(kinesis, StreamName, shard);
    const second = await scanShard(kinesis, StreamName, shard);
    expect(second).toEqual(first);
    const numbers = first.map(({ SequenceNumber }) => BigInt(SequenceNumber));
    expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n))).toBe(true);
    expect(first.slice(0, seen[shard]?.length)).toEqual(seen[shard]);
    for (const record of first) {
      expect(sent.has(record.PartitionKey), `${record.PartitionKey} was never put`).toBe(true);
      expect(found.has(record.PartitionKey), `${record.PartitionKey} is there twice`).toBe(false);
      found.set(record.PartitionKey, { ...record, shard });
    }
  }
  const lost = [...acknowledged].filter(([key, { data, number }]) => {
    const record = found.get(key);
    return record?.SequenceNumber !== number || record.Data !== data;
  });
  expect(lost).toEqual([]);
  expect(found.size).toBe(sent.size);
  console.info(`${found.size} records, ${kills} kills`);
});
