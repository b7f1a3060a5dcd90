/** How fast an emptied node is filled from the others. */
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessCluster } from "@millrace/testkit";
import type { Figure } from "./figure.ts";
import { createStream, fill, journalBytesOf, onCluster } from "./figure-cluster.ts";

const MB = 1e6;
const GiB = 1024 * 1024 * 1024;
const STREAM = "filled";
const SHARDS = 12;
const ROUNDS = 3;
const FULL_SHARE = 0.97;
const CATCH_UP_TIMEOUT_MS = 120_000;
const FILL_MAX_MS = 100_000;
const WHOLE_TIMEOUT_MS = 60_000;
/** Asking a node for its metrics costs it some milliseconds. */
const LOOK_EVERY_MS = 200;

/** Fills a cluster, then empties a node and times its replacement, a few times over. */
export function catchUpFigure(): Promise<Figure[]> {
  const env = { MILLRACE_REPLACE_AFTER_MS: "1000", MILLRACE_SCRUB_EVERY_MS: "0" };
  return onCluster(env, async (cluster, client) => {
    await createStream(client, STREAM, SHARDS);
    await fill(cluster.gatewayPorts[0] ?? 0, STREAM, GiB, FILL_MAX_MS);
    const rates: number[] = [];
    let wantedBytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await cluster.waitWhole(WHOLE_TIMEOUT_MS);
      wantedBytes = await journalBytesOf(cluster, "node-1");
      rates.push(await timeReplacement(cluster, wantedBytes));
    }
    rates.sort((a, b) => a - b);
    return [
      {
        name: "replica catch-up of an emptied node",
        measured: `${(rates[Math.floor(ROUNDS / 2)] ?? 0).toFixed(0)} MB/s`,
        target: "≥ 100 MB/s",
        how: `${(wantedBytes / 1e9).toFixed(1)} GB in ${SHARDS} shards from two leaders, all settings at their defaults; median of ${ROUNDS}`,
      },
    ];
  });
}

/** Megabytes a second from the first fiftieth to the last. */
async function timeReplacement(cluster: ProcessCluster, wantedBytes: number): Promise<number> {
  const emptied = cluster.process("node-3");
  await emptied.keepDown();
  rmSync(cluster.directoryOf("node-3"), { recursive: true });
  emptied.start();
  const giveUpMs = performance.now() + CATCH_UP_TIMEOUT_MS;
  let begin: { readonly atMs: number; readonly bytes: number } | undefined;
  for (;;) {
    const bytes = await journalBytesOf(cluster, "node-3");
    if (begin === undefined && bytes > wantedBytes / 50) begin = { atMs: performance.now(), bytes };
    if (bytes >= wantedBytes * FULL_SHARE && begin !== undefined) {
      return (bytes - begin.bytes) / MB / ((performance.now() - begin.atMs) / 1000);
    }
    if (performance.now() > giveUpMs) {
      throw new Error(`${bytes} of ${wantedBytes} bytes after ${CATCH_UP_TIMEOUT_MS / 1000} s`);
    }
    await delay(LOOK_EVERY_MS);
  }
}
