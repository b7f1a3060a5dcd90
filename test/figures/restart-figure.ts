/** How soon a killed node with a large journal serves again, and how soon when its index is gone too. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { listShards, type GatewayClient, type ListedShard } from "@millrace/load";
import type { ProcessCluster } from "@millrace/testkit";
import type { Figure } from "./figure.ts";
import { createStream, fill, journalBytesOf, onCluster } from "./figure-cluster.ts";

const GiB = 1024 * 1024 * 1024;
const STREAM = "large";
const SHARDS = 12;
const JOURNAL_BYTES = 20 * GiB;
const FILL_MAX_MS = 20 * 60_000;
/** Large records fill a disk sooner than small ones; frames, which are what a restart reads, are as large with either. */
const RECORDS = { count: 25, sizeBytes: 40 * 1024 };
const LOAD_MS = 2_500;
const KILL_AFTER_MS = 2_000;
const ROUNDS = 3;
const NODE = "node-1";

/** Kills the node of a one-node cluster under full load, and waits until a put to each of its shards succeeds. */
export function restartFigure(): Promise<Figure[]> {
  return onCluster({ MILLRACE_SCRUB_EVERY_MS: "0" }, measure, 1);
}

async function measure(cluster: ProcessCluster, client: GatewayClient): Promise<Figure[]> {
  await createStream(client, STREAM, SHARDS);
  const shards = await listShards(client, STREAM);
  await fill(cluster.gatewayPorts[0] ?? 0, STREAM, JOURNAL_BYTES, FILL_MAX_MS, RECORDS);
  const times: number[] = [];
  let cacheDropped = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    await killUnderLoad(cluster);
    cacheDropped = dropPageCache();
    times.push(await secondsToServe(cluster, client, shards));
  }
  times.sort((a, b) => a - b);
  const journalBytes = await journalBytesOf(cluster, NODE);
  await killUnderLoad(cluster);
  rmSync(join(cluster.directoryOf(NODE), "index"), { recursive: true });
  dropPageCache();
  const rebuilding = await secondsToServe(cluster, client, shards);
  const size = `${(journalBytes / 1e9).toFixed(1)} GB of journal`;
  const how = `SIGKILL under full load, one node; from its start to a put to each of ${SHARDS} shards; page cache ${cacheDropped ? "dropped" : "kept"}`;
  return [
    {
      name: "restart of a killed node to serving",
      measured: `${(times[Math.floor(ROUNDS / 2)] ?? 0).toFixed(1)} s with ${size}`,
      target: "≤ 10 s with 20 GB",
      how: `${how}; median of ${ROUNDS}`,
    },
    {
      name: "the same when its index is deleted",
      measured: `${rebuilding.toFixed(0)} s with ${size}`,
      target: "none: reads the journal once",
      how: `${(journalBytes / 1e6 / rebuilding).toFixed(0)} MB/s; ${how}`,
    },
  ];
}

async function killUnderLoad(cluster: ProcessCluster): Promise<void> {
  const load = fill(cluster.gatewayPorts[0] ?? 0, STREAM, Infinity, LOAD_MS, RECORDS);
  await delay(KILL_AFTER_MS);
  await cluster.process(NODE).keepDown();
  await load;
}

/** Makes the kernel forget what it has read and written; false when this user may not. */
function dropPageCache(): boolean {
  try {
    execFileSync("sync");
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    return true;
  } catch {
    return false;
  }
}

async function secondsToServe(
  cluster: ProcessCluster,
  client: GatewayClient,
  shards: readonly ListedShard[],
): Promise<number> {
  const beganMs = performance.now();
  cluster.process(NODE).start();
  for (const { shardId, startingHashKey: ExplicitHashKey } of shards) {
    const put = { StreamName: STREAM, PartitionKey: shardId, ExplicitHashKey, Data: "Zm9vYmFy" };
    while ((await client.call("PutRecord", put)).status !== 200) await delay(20);
  }
  return (performance.now() - beganMs) / 1000;
}
