/** Worker processes against a cluster and a Redis: one is killed, one stopped, shards split and merge, all restart. Nothing is missing or out of order. */
import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { launchCluster, temporaryDirectory, type LaunchedCluster } from "@millrace/testkit";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisAbsent, startRedis, type RedisServer } from "../../packages/worker/src/redis/testing/redis-server.ts";

const KEYS = 40;
const MIDDLE_OF_FIRST = String((1n << 128n) / 8n);

describe.skipIf(redisAbsent !== undefined)("worker processes", () => {
  let cluster: LaunchedCluster;
  let redis: RedisServer;
  let client: KinesisClient;
  const directory = temporaryDirectory();
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    [cluster, redis] = await Promise.all([launchCluster({ single: true, limits: "off" }), startRedis()]);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    client = new KinesisClient({ endpoint: cluster.endpoint, region: "us-east-1", credentials });
  });

  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    client.destroy();
    await Promise.all([cluster.stop(), redis.kill()]);
    directory.remove();
  });

  function start(stream: string, read: string): ChildProcess {
    const child = fork(
      join(import.meta.dirname, "worker-process.ts"),
      [cluster.endpoint, redis.url, stream, join(directory.path, stream), read],
      { execArgv: ["--import", "tsx"], env: { ...process.env, NODE_OPTIONS: "" } },
    );
    children.add(child);
    return child;
  }

  /** Resolves when `child` has taken a lease. */
  async function working(child: ChildProcess): Promise<void> {
    for await (const [message] of eventsOf(child)) if ("gained" in (message as object)) return;
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    children.delete(child);
  }

  test.each(["polling", "fan-out"])("%s: kill, stop, split, merge, restart", async (read) => {
    const StreamName = `ledger-${read}`;
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 4 }));
    await waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName });
    redis.cli("flushall");
    const counts = new Map<number, number>();
    const enough = new AbortController();
    const put = (async () => {
      while (!enough.signal.aborted) {
        const Records = Array.from({ length: KEYS }, (_, key) => {
          const n = (counts.get(key) ?? 0) + 1;
          counts.set(key, n);
          return { PartitionKey: `key-${key}`, Data: Buffer.from(`${key} ${n}`) };
        });
        for (let left = Records; left.length > 0;) {
          const { Records: answers = [] } = await client.send(new PutRecordsCommand({ StreamName, Records: left }));
          left = left.filter((_, index) => answers[index]?.ErrorCode !== undefined);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();

    const [first, second, third] = [start(StreamName, read), start(StreamName, read), start(StreamName, read)];
    await Promise.all([first, second, third].map(working));
    await end(first, "SIGKILL");
    await client.send(
      new SplitShardCommand({ StreamName, ShardToSplit: "shardId-000000000000", NewStartingHashKey: MIDDLE_OF_FIRST }),
    );
    await end(second, "SIGTERM");
    await waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName });
    await client.send(
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: "shardId-000000000002",
        AdjacentShardToMerge: "shardId-000000000003",
      }),
    );
    const fourth = start(StreamName, read);
    await working(fourth);
    await Promise.all([end(third, "SIGTERM"), end(fourth, "SIGTERM")]);
    const last = start(StreamName, read);
    enough.abort();
    await put;
    const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
    await expect.poll(() => distinct(StreamName), { timeout: 60_000, interval: 200 }).toBe(total);
    await end(last, "SIGTERM");
    // The first time a record is seen, all that were put before it with its key have been.
    const seen = new Map<number, number>();
    for (const [key, n] of ledger(StreamName)) {
      const former = seen.get(key) ?? 0;
      if (n > former + 1) expect.fail(`record ${n} of key ${key} came after ${former}`);
      seen.set(key, Math.max(n, former));
    }
  });

  function ledger(stream: string): [number, number][] {
    const file = join(directory.path, stream);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => line.split(" ").map(Number) as [number, number]);
  }

  function distinct(stream: string): number {
    return new Set(ledger(stream).map((entry) => entry.join(" "))).size;
  }
});

async function* eventsOf(child: ChildProcess): AsyncGenerator<unknown[]> {
  for (;;) yield (await once(child, "message")) as unknown[];
}
