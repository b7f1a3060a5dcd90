/** docs/operations/metrics.md against what a live cluster exports, and the numbers against what was done to it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const page = readFileSync(join(import.meta.dirname, "../../docs/operations/metrics.md"), "utf8");
const StreamName = "measured";
let cluster: LaunchedCluster;
let kinesis: KinesisCaller;

/** The metrics of the page with their labels. */
function documented(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of page.split("\n").filter((each) => each.startsWith("|"))) {
    const name = /`(millrace_\w+)`/.exec(line)?.[1];
    if (name === undefined) continue;
    const after = line.slice(line.indexOf(name)).split("|")[1] ?? "";
    found.set(name, [...after.matchAll(/`(\w+)`/g)].map(([, label]) => label ?? "").toSorted());
  }
  return found;
}

async function scrape(): Promise<{ readonly names: Set<string>; readonly samples: Sample[] }> {
  const names = new Set<string>();
  const samples: Sample[] = [];
  for (const { adminEndpoint } of cluster.processes()) {
    const text = await (await fetch(`${adminEndpoint}/metrics`)).text();
    for (const line of text.split("\n")) {
      const declared = /^# TYPE (millrace_\w+) /.exec(line)?.[1];
      if (declared !== undefined) names.add(declared);
      const [, name, labels = "", value] = /^(millrace_\w+?)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === undefined) continue;
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text_]) => [label, text_]);
      samples.push({ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) });
    }
  }
  return { names, samples };
}

/** The sum of the samples that carry `labels`; undefined when there is none. */
async function total(name: string, labels: Record<string, string>): Promise<number | undefined> {
  const matching = (await scrape()).samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return matching.length === 0 ? undefined : matching.reduce((sum, { value }) => sum + value, 0);
}

async function put(records: number, bytes: number): Promise<number> {
  const Data = Buffer.alloc(bytes).toString("base64");
  const Records = Array.from({ length: records }, () => ({ PartitionKey: "key", Data }));
  return (await kinesis.ok("PutRecords", { StreamName, Records }))["FailedRecordCount"] as number;
}

async function read(): Promise<unknown[]> {
  const start = { StreamName, ShardId: "0", ShardIteratorType: "TRIM_HORIZON" };
  const { ShardIterator } = await kinesis.ok("GetShardIterator", start);
  return (await kinesis.ok("GetRecords", { ShardIterator }))["Records"] as unknown[];
}

async function monitoring(change: "Enable" | "Disable", ShardLevelMetrics: string[]): Promise<void> {
  await kinesis.ok(`${change}EnhancedMonitoring`, { StreamName, ShardLevelMetrics });
  await kinesis.waitActive(StreamName);
}

beforeAll(async () => {
  cluster = await launchCluster({ nodes: 3, limits: "aws" });
  kinesis = new KinesisCaller(cluster.endpoint);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: 1 });
  await kinesis.waitActive(StreamName);
});

afterAll(async () => {
  kinesis.close();
  await cluster.stop();
});

test("bytes and records are counted once, as CloudWatch counts them", async () => {
  expect(await put(10, 100)).toBe(0);
  expect(await total("millrace_incoming_records_total", { stream: StreamName })).toBe(10);
  // Three bytes of key each.
  expect(await total("millrace_incoming_bytes_total", { stream: StreamName })).toBe(1030);
  expect(await read()).toHaveLength(10);
  expect(await total("millrace_outgoing_records_total", { stream: StreamName })).toBe(10);
  expect(await total("millrace_outgoing_bytes_total", { stream: StreamName })).toBe(1030);
  expect(await total("millrace_iterator_age_seconds", { stream: StreamName })).toBe(0);
});

test("requests are timed by operation and outcome", async () => {
  const name = "millrace_request_duration_seconds_count";
  const before = (await total(name, { operation: "PutRecord", code: "ResourceNotFoundException" })) ?? 0;
  await kinesis.call("PutRecord", { StreamName: "absent", PartitionKey: "k", Data: "" });
  expect(await total(name, { operation: "PutRecord", code: "ResourceNotFoundException" })).toBe(before + 1);
  expect(await total(name, { operation: "PutRecords", code: "OK" })).toBeGreaterThan(0);
});

test("what limits refuse is counted by record and by request", async () => {
  let failed = 0;
  while (failed === 0) failed = await put(4, 300_000);
  expect(await total("millrace_throttled_records_total", { stream: StreamName })).toBe(failed);
  expect(await total("millrace_failed_records_total", { code: "THROTTLED" })).toBe(failed);
  const start = { StreamName, ShardId: "0", ShardIteratorType: "LATEST" };
  const { ShardIterator } = await kinesis.ok("GetShardIterator", start);
  let refused = 0;
  const reads = Array.from({ length: 12 }, () => kinesis.call("GetRecords", { ShardIterator }));
  for (const { status } of await Promise.all(reads)) refused += Number(status === 400);
  expect(refused).toBeGreaterThan(0);
  expect(await total("millrace_throttled_requests_total", { limit: "shard_read" })).toBe(refused);
});

test("series by shard exist only while enhanced monitoring is on", async () => {
  const shard = { stream: StreamName, shard: "shardId-000000000000" };
  const ofShard = async (): Promise<string[]> =>
    (await scrape()).samples
      .filter(({ name, labels }) => name.startsWith("millrace_shard_") && labels["stream"] === StreamName)
      .map(({ name }) => name)
      .toSorted();
  expect(await ofShard()).toEqual([]);
  await monitoring("Enable", ["IncomingRecords", "IncomingBytes"]);
  const names = ["millrace_shard_incoming_bytes_total", "millrace_shard_incoming_records_total"];
  await expect
    .poll(
      async () => {
        await put(1, 10);
        return ofShard();
      },
      { timeout: 20_000 },
    )
    .toEqual(names);
  const records = (await total("millrace_shard_incoming_records_total", shard)) ?? 0;
  expect(await total("millrace_shard_incoming_bytes_total", shard)).toBe(records * 13);
  await monitoring("Disable", ["IncomingBytes"]);
  await expect.poll(ofShard, { timeout: 20_000 }).toEqual(names.slice(1));
  await monitoring("Disable", ["ALL"]);
  await expect.poll(ofShard, { timeout: 20_000 }).toEqual([]);
});

test("a deleted stream leaves no series behind", async () => {
  const gone = "gone";
  await kinesis.ok("CreateStream", { StreamName: gone, ShardCount: 1 });
  await kinesis.waitActive(gone);
  await kinesis.ok("PutRecord", { StreamName: gone, PartitionKey: "k", Data: "" });
  expect(await total("millrace_incoming_records_total", { stream: gone })).toBe(1);
  await kinesis.ok("DeleteStream", { StreamName: gone });
  await expect
    .poll(() => total("millrace_incoming_records_total", { stream: gone }), { timeout: 20_000 })
    .toBe(undefined);
});

test("the page names every metric that is exported, with its labels, and no other", async () => {
  const { names, samples } = await scrape();
  const pageNames = documented();
  expect([...names].toSorted()).toEqual([...pageNames.keys()].toSorted());
  for (const { name, labels } of samples) {
    const family = pageNames.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "");
    const exported = Object.keys(labels).filter((label) => !["le", "quantile"].includes(label));
    expect([family, exported.toSorted()]).toEqual([family, pageNames.get(family)]);
  }
});
