/** `millrace workers` beside a running application: what it shows, what it refuses, and what it changes. */
import { CreateStreamCommand, KinesisClient, PutRecordsCommand, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { Worker } from "@millrace/worker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisAbsent, startRedis, type RedisServer } from "../../packages/worker/src/redis/testing/redis-server.ts";
import { millrace, type CommandResult } from "./run-command.ts";

const STREAM = "orders";
const APPLICATION = "orders-app";
const RECORDS = 50;

interface ShownLease {
  readonly shardId: string;
  readonly owner?: string;
  readonly checkpoint: string;
  readonly lag?: string;
  readonly lagMs?: number;
}

describe.skipIf(redisAbsent !== undefined)("millrace workers", () => {
  let cluster: LaunchedCluster;
  let redis: RedisServer;
  let client: KinesisClient;
  const seen: string[] = [];

  beforeAll(async () => {
    [cluster, redis] = await Promise.all([launchCluster({ single: true, limits: "off" }), startRedis()]);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    client = new KinesisClient({ endpoint: cluster.endpoint, region: "us-east-1", credentials });
    await client.send(new CreateStreamCommand({ StreamName: STREAM, ShardCount: 2 }));
    await waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName: STREAM });
    const Records = Array.from({ length: RECORDS }, (_, n) => ({
      PartitionKey: `key-${n}`,
      Data: Buffer.from(`${n}`),
    }));
    await client.send(new PutRecordsCommand({ StreamName: STREAM, Records }));
  });

  afterAll(async () => {
    client.destroy();
    await Promise.all([cluster.stop(), redis.kill()]);
  });

  function worker(): Worker {
    return new Worker({
      application: APPLICATION,
      client,
      streams: [STREAM],
      leases: { redis: redis.url },
      initialPosition: { type: "TRIM_HORIZON" },
      handler: { batch: (records) => void seen.push(...records.map(({ data }) => Buffer.from(data).toString())) },
      consume: { checkpointIntervalMs: 100 },
    });
  }

  const workers = (...args: string[]): Promise<CommandResult> => millrace(["workers", ...args, "--redis", redis.url]);

  async function leases(): Promise<ShownLease[]> {
    const { stdout, stderr, exitCode } = await workers("list", APPLICATION, "--json", "--endpoint", cluster.endpoint);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const lines = stdout.toString().trim().split("\n");
    return lines.map((line) => JSON.parse(line) as ShownLease);
  }

  test("shows owners, checkpoints and lag; changes a checkpoint only when nobody works or by force", async () => {
    const first = worker();
    const running = first.run();
    await expect.poll(() => seen.length, { timeout: 30_000 }).toBe(RECORDS);
    await expect
      .poll(
        async () => (await leases()).every(({ owner, checkpoint }) => owner === first.id && /^\d{56}/.test(checkpoint)),
        {
          timeout: 30_000,
        },
      )
      .toBe(true);
    const [lease] = await leases();
    expect(lease?.lag).toMatch(/^\d+\.\d s$/);
    expect(lease?.lagMs).toBeGreaterThanOrEqual(0);
    const table = await workers("list", APPLICATION, "--endpoint", cluster.endpoint);
    expect(table.stdout.toString()).toMatch(/^STREAM +SHARD +OWNER +CHECKPOINT +BEHIND/);
    expect(table.stdout.toString()).toContain(first.id);

    const shard = lease?.shardId ?? "";
    const refused = await workers("reset", APPLICATION, STREAM, shard, "--to", "trim-horizon");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toMatch(/stop them, or add --force/);

    await first.stop();
    await running;
    for (const named of [shard, "1"]) {
      const reset = await workers("reset", APPLICATION, STREAM, named, "--to", "trim-horizon");
      expect([reset.exitCode, reset.stderr]).toEqual([0, ""]);
    }
    expect((await leases()).map(({ checkpoint }) => checkpoint)).toEqual(["TRIM_HORIZON", "TRIM_HORIZON"]);

    seen.length = 0;
    const second = worker();
    const again = second.run();
    await expect.poll(() => seen.length, { timeout: 30_000 }).toBe(RECORDS);
    expect(new Set(seen).size).toBe(RECORDS);
    const released = await workers("release", APPLICATION, STREAM, shard, "--force");
    expect([released.exitCode, released.stderr]).toEqual([0, ""]);
    await second.stop();
    await again;
  });

  test("says what is wrong with its arguments", async () => {
    const unknown = await workers("list", "nobody");
    expect(unknown.exitCode).not.toBe(0);
    expect(unknown.stderr).toMatch(/nobody/);
    const absent = await workers("release", APPLICATION, STREAM, "7");
    expect(absent.exitCode).toBe(2);
    expect(absent.stderr).toMatch(/no lease of shardId-0{11}7 of orders; there are: shardId-0{12}, shardId-0{11}1$/m);
    const position = await workers("reset", APPLICATION, STREAM, "shardId-000000000000", "--to", "yesterday");
    expect(position.exitCode).not.toBe(0);
    expect(position.stderr).toMatch(/yesterday/);
  });
});
