/** What leases cost Redis: many workers with many shards at rest, on a real server of its own, counted by that server. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { realClock, realRandom, sleep } from "@millrace/base";
import { coordinatorDefaults, LeaseHost, redisLeaseStore } from "@millrace/worker";

/** A renewal and its write of every lease: 3.308 s apart by the KCL's defaults. */
const KCL_WRITES_PER_SHARD_AND_DAY = 26_100;
const STREAM = "measured";
const WIDTH = 1n << 128n;

/** Whether this machine has a Redis to measure with. */
export const redisIsInstalled = spawnSync("redis-server", ["--version"]).status === 0;

/** A Markdown section: commands of `workers` with `shards` at rest for `seconds`, beside the KCL's writes. */
export async function leaseTraffic({ workers, shards, seconds }) {
  const redis = await startRedis();
  const listed = Array.from({ length: shards }, (_, index) => ({
    stream: STREAM,
    shardId: `shardId-${String(index).padStart(12, "0")}`,
    parents: [],
    hashRange: {
      start: String((WIDTH * BigInt(index)) / BigInt(shards)),
      end: String((WIDTH * BigInt(index + 1)) / BigInt(shards) - 1n),
    },
    closed: false,
  }));
  const stores = Array.from({ length: workers }, () =>
    redisLeaseStore({ application: STREAM, redis: redis.url }, realRandom),
  );
  const hosts = stores.map(
    (store, index) =>
      new LeaseHost({
        store,
        settings: {
          ...coordinatorDefaults,
          worker: `worker-${index}`,
          streams: [{ stream: STREAM, initialPosition: { type: "TRIM_HORIZON" } }],
          progressTimeoutMs: 3_600_000,
        },
        consumer: ({ draining }) => sleep(realClock, 3_600_000, draining),
        listShards: () => Promise.resolve(listed),
        clock: realClock,
        random: realRandom,
      }),
  );
  try {
    const even = () => hosts.every(({ held }) => Math.abs(held.length - shards / workers) < 1);
    for (let waitedMs = 0; !even(); waitedMs += 250) {
      if (waitedMs > 60_000) throw new Error("the leases are not spread evenly within a minute");
      await delay(250);
    }
    // What the last moves have set in motion is over then.
    await delay(coordinatorDefaults.leaseTtlMs);
    const before = redis.calls();
    await delay(seconds * 1_000);
    const after = redis.calls();
    if (!even()) throw new Error("leases moved although nothing happened");
    const count = (name) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    const perShardAndHour = (calls) => (calls * 3_600) / seconds / shards;
    const commands = count("evalsha") + count("eval");
    const inside = [...after.keys()].filter((name) => /^(?:hset|hdel|zadd|zrem|sadd|srem|set|del|publish)$/.test(name));
    const writes = inside.reduce((sum, name) => sum + count(name), 0);
    return `## What leases cost

${workers} workers hold ${shards} leases in Redis ${redis.version} with the default settings and do nothing else for ${seconds} s. The server counted:

| | per shard and hour | per shard and day | against the KCL |
|---|---:|---:|---:|
| KCL 3 with its defaults, computed: conditional writes to DynamoDB | ${(KCL_WRITES_PER_SHARD_AND_DAY / 24).toFixed(0)} | ${KCL_WRITES_PER_SHARD_AND_DAY.toLocaleString("en-US")} | 1 |
| commands sent to Redis (each a heartbeat for all leases of a worker) | ${perShardAndHour(commands).toFixed(1)} | ${Math.round(24 * perShardAndHour(commands)).toLocaleString("en-US")} | 1 / ${(KCL_WRITES_PER_SHARD_AND_DAY / (24 * perShardAndHour(commands))).toFixed(0)} |
| writes that they make inside Redis | ${perShardAndHour(writes).toFixed(1)} | ${Math.round(24 * perShardAndHour(writes)).toLocaleString("en-US")} | 1 / ${(KCL_WRITES_PER_SHARD_AND_DAY / (24 * perShardAndHour(writes))).toFixed(0)} |

Checkpoints come on top of both; here at most one command at a time for each worker, whatever it holds.
`;
  } finally {
    await Promise.all(hosts.map((host) => host.stop(5_000)));
    await Promise.all(stores.map((store) => store.close()));
    await redis.stop();
  }
}

async function startRedis() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  const directory = mkdtempSync(join(tmpdir(), "lease-traffic-"));
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, "--save", ""];
  const server = spawn("redis-server", options, { stdio: "ignore" });
  const cli = (...args) => spawnSync("redis-cli", ["-p", String(port), ...args], { encoding: "utf8" }).stdout;
  for (let attempt = 0; cli("ping").trim() !== "PONG"; attempt += 1) {
    if (attempt > 100) throw new Error("redis-server does not start");
    await delay(50);
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    version: /redis_version:(\S+)/.exec(cli("info", "server"))?.[1],
    /** How often each command was called, those inside scripts among them. */
    calls() {
      const lines = cli("info", "commandstats").matchAll(/cmdstat_([^:]+):calls=(\d+)/g);
      return new Map([...lines].map(([, name, calls]) => [name, Number(calls)]));
    },
    async stop() {
      server.kill("SIGTERM");
      await once(server, "exit");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
