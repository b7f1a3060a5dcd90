/** How fast an emptied node is filled from the others, and how soon a node with a large journal serves again. */
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessCluster } from "@millrace/testkit";
import type { Figure } from "./figure.ts";
import { createStream, fill, onCluster } from "./figure-cluster.ts";

const MB = 1e6;
const GiB = 1024 * 1024 * 1024;
const STREAM = "filled";
const SHARDS = 12;
const FULL_SHARE = 0.97;
const CATCH_UP_TIMEOUT_MS = 120_000;
const FILL_MAX_MS = 100_000;

/** Empties a node of a filled cluster and times its replacement. */
export function catchUpFigure(): Promise<Figure[]> {
  const env = {
    MILLRACE_REPLACE_AFTER_MS: "1000",
    MILLRACE_CATCH_UP_BYTES_PER_SECOND: String(GiB),
    MILLRACE_SCRUB_EVERY_MS: "0",
  };
  return onCluster(env, async (cluster, client) => {
    await createStream(client, STREAM, SHARDS);
    await fill(cluster.gatewayPorts[0] ?? 0, STREAM, 2 * GiB, FILL_MAX_MS);
    await cluster.waitWhole(30_000);
    const wantedBytes = await bytesOf(cluster, "node-1");
    await cluster.process("node-3").keepDown();
    rmSync(cluster.directoryOf("node-3"), { recursive: true });
    cluster.process("node-3").start();
    const giveUpMs = performance.now() + CATCH_UP_TIMEOUT_MS;
    let begin: { readonly atMs: number; readonly bytes: number } | undefined;
    for (;;) {
      const bytes = await bytesOf(cluster, "node-3");
      if (begin === undefined && bytes > wantedBytes / 50) begin = { atMs: performance.now(), bytes };
      if (bytes >= wantedBytes * FULL_SHARE && begin !== undefined) {
        const rate = (bytes - begin.bytes) / MB / ((performance.now() - begin.atMs) / 1000);
        return [
          {
            name: "replica catch-up of an emptied node",
            measured: `${rate.toFixed(0)} MB/s`,
            target: "≥ 100 MB/s",
            how: `${(wantedBytes / 1e9).toFixed(1)} GB in ${SHARDS} shards from two leaders, catchUpBytesPerSecond raised to 1 GiB`,
          },
        ];
      }
      if (performance.now() > giveUpMs) {
        throw new Error(`${bytes} of ${wantedBytes} bytes after ${CATCH_UP_TIMEOUT_MS / 1000} s`);
      }
      await delay(50);
    }
  });
}

/** Kills a node with much journal and waits until it serves. */
export function restartFigure(): Promise<Figure[]> {
  return onCluster({ MILLRACE_SCRUB_EVERY_MS: "0" }, async (cluster, client) => {
    await createStream(client, STREAM, SHARDS);
    await fill(cluster.gatewayPorts[0] ?? 0, STREAM, 20 * GiB, FILL_MAX_MS);
    const bytes = await bytesOf(cluster, "node-2");
    await cluster.process("node-2").keepDown();
    const beganMs = performance.now();
    cluster.process("node-2").start();
    while (!(await cluster.process("node-2").isReady())) await delay(20);
    return [
      {
        name: "restart of a killed node to serving",
        measured: `${((performance.now() - beganMs) / 1000).toFixed(1)} s with ${(bytes / 1e9).toFixed(1)} GB of journal`,
        target: "≤ 10 s with 20 GB",
        how: "killed right after a minute and a half of full load; the journal was in the page cache",
      },
    ];
  });
}

async function bytesOf(cluster: ProcessCluster, name: string): Promise<number> {
  return (await cluster.process(name).metric("store_bytes")) ?? 0;
}
