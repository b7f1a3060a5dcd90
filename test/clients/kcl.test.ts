/**
 * The Kinesis Client Library 3 for Java: two workers through a split, a merge and the kill of one of them. Every record is
 * processed at least once, and each key's records for the first time in their order.
 */
import { readFileSync } from "node:fs";
import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  SplitShardCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { NodeHttp2Handler } from "@smithy/node-http-handler";
import { afterEach, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { QUIET, WorkerFleet } from "./kcl-worker.ts";
import { startLeaseTables, type LeaseTables } from "./lease-tables.ts";
import { SteadyWriter } from "./steady-writer.ts";
import { everyClient, javaProgram, javaTrust, type RunnableProgram } from "./toolchain.ts";

const KEYS = Array.from({ length: 20 }, (_, index) => `key-${index}`);
/** A quarter of the hash space, and three quarters: the middles of the two first shards. */
const QUARTER = (2n ** 126n).toString();
const shard = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

let cluster: LaunchedCluster | undefined;
let tables: LeaseTables | undefined;
let fleet: WorkerFleet | undefined;

afterEach(async () => {
  fleet?.destroy();
  tables?.close();
  await cluster?.stop();
  fleet = undefined;
  tables = undefined;
  cluster = undefined;
});

function connect({ endpoint, certificateFile }: LaunchedCluster): KinesisClient {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const tls = certificateFile === null ? {} : { nodeHttp2ConnectOptions: { ca: readFileSync(certificateFile) } };
  return new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials,
    requestHandler: new NodeHttp2Handler(tls),
  });
}

/** The texts of each key in the order in which each came for the first time. */
function firstSeen({ lines }: WorkerFleet): Map<string, string[]> {
  const seen = new Map<string, Set<string>>(KEYS.map((key) => [key, new Set<string>()]));
  for (const { step, key = "", data = "" } of lines) if (step === "record") seen.get(key)?.add(data);
  return new Map([...seen].map(([key, texts]) => [key, [...texts]]));
}

function countOf(texts: ReadonlyMap<string, readonly string[]>): number {
  return [...texts.values()].reduce((sum, each) => sum + each.length, 0);
}

async function readThroughReshardsAndKill(kcl: RunnableProgram, mode: string, tls: boolean): Promise<void> {
  cluster = await launchCluster({ nodes: 3, tls, limits: "off" });
  tables = await startLeaseTables();
  const StreamName = `kcl-${mode}`;
  await tables.create(StreamName);
  const client = connect(cluster);
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  const active = (): Promise<unknown> =>
    waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName });
  await active();
  const writer = new SteadyWriter(client, StreamName, KEYS);
  const trust = cluster.certificateFile === null ? [] : await javaTrust(cluster.certificateFile);
  const java = { command: kcl.command, args: [QUIET, ...trust, ...kcl.args] };
  const workers = new WorkerFleet(java, [cluster.endpoint, tables.endpoint, StreamName, "NAME", mode]);
  fleet = workers;

  workers.start("one");
  await workers.waitFor("one to read both shards", () => workers.shardsOf("one").length === 2);
  workers.start("two");
  await workers.waitFor("two to take one shard over", () => workers.shardsOf("two").length === 1);

  await client.send(new SplitShardCommand({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: QUARTER }));
  const owned = (): string[] => [...workers.shardsOf("one"), ...workers.shardsOf("two")].sort();
  const reads = (...indexes: number[]): boolean => owned().join() === indexes.map(shard).join();
  await workers.waitFor("both children of the split to be read", () => reads(1, 2, 3));
  await active();
  await client.send(new MergeShardsCommand({ StreamName, ShardToMerge: shard(3), AdjacentShardToMerge: shard(1) }));
  await workers.waitFor("the child of the merge to be read", () => reads(2, 4));

  const [victim, heir] = workers.shardsOf("one").length > 0 ? ["one", "two"] : ["two", "one"];
  await workers.kill(victim);
  await workers.waitFor("the heir to read everything", () => workers.shardsOf(heir).length === 2);
  await writer.stop();
  const total = countOf(writer.written);
  await workers.waitFor(`all ${total} records`, () => countOf(firstSeen(workers)) >= total);
  await workers.stop();
  client.destroy();

  expect(firstSeen(workers)).toEqual(writer.written);
  expect(workers.lines.at(-1)).toMatchObject({ step: "stopped", graceful: true });
  const ended = workers.lines.filter(({ step }) => step === "shardEnded").map((line) => line.shard);
  expect([...new Set(ended)].toSorted((left = "", right = "") => (left < right ? -1 : 1))).toEqual([
    shard(0),
    shard(1),
    shard(3),
  ]);
}

const modes = [
  { mode: "polling", tls: false, always: true },
  { mode: "fan-out", tls: true, always: false },
];

for (const { mode, tls, always } of modes) {
  const words = `two workers, ${mode} over ${tls ? "https" : "http"}, through a split, a merge and a kill`;
  test(words, { timeout: 500_000 }, async ({ skip }) => {
    if (!always && !everyClient) return skip("make clients runs it: it takes minutes");
    const kcl = await javaProgram("kcl", "KclWorker");
    return "absent" in kcl ? skip(kcl.absent) : readThroughReshardsAndKill(kcl, mode, tls);
  });
}
