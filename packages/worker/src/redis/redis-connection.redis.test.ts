/** Options that are wrong for leases have no effect, and a server that refuses for a while is told from a script that is wrong. */
import { realRandom } from "@millrace/base";
import { afterEach, describe, expect, test } from "vitest";
import type { LeaseStore } from "../lease/lease-store.ts";
import type { RedisTarget } from "./redis-connection.ts";
import { redisLeaseStore } from "./redis-lease-store.ts";
import { redisAbsent, startRedis, type RedisServer } from "./testing/redis-server.ts";

const lease = { stream: "s", shardId: "a", parents: [], hashRange: undefined, checkpoint: { type: "LATEST" } } as const;
const stores: LeaseStore[] = [];
let server: RedisServer | undefined;

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await server?.kill();
});

async function open(redis: RedisTarget): Promise<LeaseStore> {
  const store = redisLeaseStore({ redis, application: "app" }, realRandom);
  stores.push(store);
  await store.open({ create: true });
  return store;
}

/** What an application may share with its other connections, and what would run a command late, twice, for ever, or elsewhere. */
const WRONG = {
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: true,
  maxRetriesPerRequest: null,
  commandTimeout: 3_600_000,
  lazyConnect: true,
  keyPrefix: "mine:",
  stringNumbers: true,
  readOnly: true,
} as const;

const WRONG_QUERY = Object.entries(WRONG)
  .map(([name, value]) => `${name}=${value}`)
  .join("&");

describe.skipIf(redisAbsent !== undefined)("a connection for leases", () => {
  test.each<[string, (port: number) => RedisTarget]>([
    ["as options", (port) => ({ host: "127.0.0.1", port, ...WRONG })],
    ["in a URL", (port) => `redis://127.0.0.1:${port}/0?${WRONG_QUERY}`],
  ])("is not changed by what is wrong for leases: %s", async (_, targetOf) => {
    server = await startRedis();
    const store = await open(targetOf(server.port));
    expect(await store.create([lease])).toEqual(["s/a"]);
    expect(await store.list()).toMatchObject({ complete: true, leases: [{ key: "s/a" }] });
    expect(server.cli("keys", "*mine*")).toBe("");
    expect(server.cli("exists", "millrace:{app}:leases")).toBe("1");
    // Queued for a server that will not be back, this would never be answered.
    await server.kill();
    for (const _again of [1, 2]) {
      const place = new RegExp(`no Redis answers at .*:${server.port}.*; start one there, or name another$`);
      await expect(store.list()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(place) });
    }
  });

  test("a primary that was demoted is unavailable, and connected to again when it is one again", async () => {
    server = await startRedis();
    const store = await open(server.url);
    server.cli("replicaof", "127.0.0.1", "1");
    await expect(store.create([lease])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    server.cli("replicaof", "no", "one");
    await expect.poll(() => store.create([lease]).catch(String), { timeout: 20_000 }).toEqual(["s/a"]);
  });
});
