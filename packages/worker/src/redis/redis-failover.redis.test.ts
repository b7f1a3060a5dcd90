/**
 * What a lossy failover of Redis can and cannot do, with real servers. A replica that is promoted before its primary's last writes
 * have reached it is made by promoting it first and writing to the primary afterwards.
 */
import { realClock, realRandom } from "@millrace/base";
import { afterEach, describe, expect, test, vi } from "vitest";
import { coordinatorDefaults } from "../coordination/coordinator-contract.ts";
import { LeaseHost } from "../coordination/lease-host.ts";
import { formatCheckpoint } from "../lease/checkpoint.ts";
import { leaseKey, type Lease, type LeasedShard, type LeaseGrant } from "../lease/lease.ts";
import type { LeaseSession } from "../lease/lease-session.ts";
import type { LeaseStore } from "../lease/lease-store.ts";
import type { RedisTarget } from "./redis-connection.ts";
import { redisLeaseStore } from "./redis-lease-store.ts";
import { redisAbsent, startRedis, startSentinel, type RedisServer } from "./testing/redis-server.ts";

vi.setConfig({ testTimeout: 60_000 });

const KEY = leaseKey("s", "a");
const parent: LeasedShard = { stream: "s", shardId: "a", parents: [], hashRange: undefined };
const child: LeasedShard = { stream: "s", shardId: "b", parents: ["a"], hashRange: undefined };

const servers: RedisServer[] = [];
const stores: LeaseStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const each of servers.splice(0)) await each.kill();
});

async function server(...options: string[]): Promise<RedisServer> {
  const started = await startRedis(...options);
  servers.push(started);
  return started;
}

async function open(redis: RedisTarget): Promise<LeaseStore> {
  const store = redisLeaseStore({ redis, application: "app" }, realRandom);
  stores.push(store);
  await store.open({ create: true });
  return store;
}

/** A primary with the lease of one shard, held by worker "a" at position 5, and a replica that has all of it. */
async function replicated() {
  const primary = await server();
  const replica = await server("--replicaof", "127.0.0.1", String(primary.port));
  const store = await open(primary.url);
  await store.create([{ ...parent, checkpoint: { type: "TRIM_HORIZON" } }]);
  const a = await take(store, "a");
  expect(await save(store, a, "5")).toBe("stored");
  await expect.poll(() => replica.cli("hgetall", "millrace:{app}:leases"), { timeout: 20_000 }).toContain('"5:0"');
  const promote = async (): Promise<LeaseStore> => {
    replica.cli("replicaof", "no", "one");
    return await open(replica.url);
  };
  return { primary, store, a, promote };
}

async function take(store: LeaseStore, worker: string, key: string = KEY): Promise<Lease> {
  await store.renew({ worker, ttlMs: 60_000, held: [], cursor: undefined, turns: [] });
  const incarnation = realRandom.uuid();
  const [answer] = await store.acquire({ worker, incarnation, keys: [key] });
  if (answer === undefined || !("lease" in answer)) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer.lease;
}

function grantOf({ key, incarnation = "", fencingToken }: Lease): LeaseGrant {
  return { key, incarnation, fencingToken };
}

async function save(store: LeaseStore, lease: Lease, sequenceNumber: string): Promise<unknown> {
  const [answer] = await store.checkpoint([{ ...grantOf(lease), position: { sequenceNumber, subSequenceNumber: 0 } }]);
  return answer;
}

async function positionOf(store: LeaseStore, key: string = KEY): Promise<string> {
  const lease = (await store.list()).leases.find((each) => each.key === key);
  return lease === undefined ? "absent" : formatCheckpoint(lease.checkpoint);
}

describe.skipIf(redisAbsent !== undefined)("a replica promoted without the last writes", () => {
  test("a lost taking: its owner is refused, tokens go on growing, no one shares incarnation and token", async () => {
    const { primary, store, a, promote } = await replicated();
    const promoted = await promote();
    await store.release({ leases: [{ ...grantOf(a), to: undefined }] });
    const b = await take(store, "b");
    expect(await save(store, b, "9")).toBe("stored");
    await primary.kill();
    // The former owner is back in the row, and may go on: nothing it stores is behind.
    expect(await positionOf(promoted)).toBe("5:0");
    expect(await save(promoted, b, "9")).toBe("lost");
    expect(await save(promoted, a, "6")).toBe("stored");
    await promoted.release({ leases: [{ ...grantOf(a), to: undefined }] });
    const c = await take(promoted, "c");
    expect(c.fencingToken).toBeGreaterThan(b.fencingToken);
    expect([await save(promoted, a, "7"), await save(promoted, b, "10"), await save(promoted, c, "4")]).toEqual([
      "lost",
      "lost",
      "behind",
    ]);
    const held = await promoted.renew({ worker: "b", ttlMs: 60_000, held: [grantOf(b)], cursor: undefined, turns: [] });
    expect(held.lost).toEqual([KEY]);
  });

  test("a lost end of a shard: its reader is told, the parent is finished again, the children come again", async () => {
    const { primary, store, a, promote } = await replicated();
    const promoted = await promote();
    expect(await store.finish({ ...grantOf(a), children: [child] })).toBe("stored");
    const b = await take(store, "b", leaseKey("s", "b"));
    await primary.kill();
    const told = await promoted.renew({ worker: "b", ttlMs: 60_000, held: [grantOf(b)], cursor: undefined, turns: [] });
    expect([told.missing, await positionOf(promoted, leaseKey("s", "b"))]).toEqual([[leaseKey("s", "b")], "absent"]);
    expect(await promoted.finish({ ...grantOf(a), children: [child] })).toBe("stored");
    expect(await positionOf(promoted, leaseKey("s", "b"))).toBe("TRIM_HORIZON");
  });

  test("a cursor from before the failover gets the whole table when the promoted one is behind it", async () => {
    const { store, promote } = await replicated();
    const promoted = await promote();
    await store.create([{ ...child, checkpoint: { type: "TRIM_HORIZON" } }]);
    const { cursor } = await store.list();
    const view = await promoted.renew({ worker: "a", ttlMs: 60_000, held: [], cursor, turns: [] });
    expect([view.complete, view.leases.map(({ key }) => key)]).toEqual([true, [KEY]]);
  });
});

describe.skipIf(redisAbsent !== undefined)("data that are gone", () => {
  test.each([["flushall"], ["del", "millrace:{app}:leases"]])(
    "%s %s stops everybody and is not written over",
    async (...command) => {
      const redis = await server();
      const store = await open(redis.url);
      await store.create([{ ...parent, checkpoint: { type: "LATEST" } }]);
      const lease = await take(store, "a");
      redis.cli(...command);
      const emptied = { code: "CONFLICT", ids: { reason: "store-emptied" } };
      const heartbeat = { worker: "a", ttlMs: 1_000, held: [], cursor: undefined, turns: [] };
      await expect(store.renew(heartbeat)).rejects.toMatchObject(emptied);
      await expect(save(store, lease, "7")).rejects.toMatchObject(emptied);
      await expect(store.create([{ ...parent, checkpoint: { type: "LATEST" } }])).rejects.toMatchObject(emptied);
      expect(redis.cli("exists", "millrace:{app}:leases")).toBe("0");
      // Another's new start does not make them the old ones.
      if (command[0] !== "flushall") return;
      await open(redis.url);
      await expect(store.renew(heartbeat)).rejects.toMatchObject(emptied);
    },
  );

  test("an application that is not there is not made by who only looks", async () => {
    const redis = await server();
    const store = redisLeaseStore({ redis: redis.url, application: "app" }, realRandom);
    stores.push(store);
    await expect(store.open({ create: false })).rejects.toMatchObject({ code: "USAGE" });
    expect(redis.cli("dbsize")).toBe("0");
  });
});

describe.skipIf(redisAbsent !== undefined)("a Sentinel group", () => {
  test("workers go on with the promoted replica", async () => {
    const primary = await server();
    const replica = await server("--replicaof", "127.0.0.1", String(primary.port));
    await expect.poll(() => replica.cli("info", "replication"), { timeout: 20_000 }).toContain("master_link_status:up");
    const sentinel = await startSentinel(primary);
    servers.push(sentinel);
    await expect
      .poll(() => sentinel.cli("sentinel", "replicas", "leases"), { timeout: 20_000 })
      .toContain(String(replica.port));
    const redis = { sentinels: [{ host: "127.0.0.1", port: sentinel.port }], name: "leases" };
    const sessions = new Map<string, LeaseSession>();
    const host = (worker: string): LeaseHost => {
      const store = redisLeaseStore({ redis, application: "app" }, realRandom);
      stores.push(store);
      return new LeaseHost({
        store,
        settings: {
          ...coordinatorDefaults,
          worker,
          leaseTtlMs: 3_000,
          streams: [{ stream: "s", initialPosition: { type: "TRIM_HORIZON" } }],
        },
        consumer: (session) => {
          sessions.set(session.lease.shardId, session);
          return new Promise((resolve) => session.draining.addEventListener("abort", () => resolve()));
        },
        listShards: () => Promise.resolve(["a", "b"].map((shardId) => ({ ...parent, shardId, closed: false }))),
        clock: realClock,
        random: realRandom,
      });
    };
    const hosts = [host("one"), host("two")];
    const spread = (): number[] => hosts.map(({ held }) => held.length);
    await expect.poll(spread, { timeout: 20_000 }).toEqual([1, 1]);
    // A replica gets its first writes up to a second late; what it has never had, nobody can go on with.
    for (const owner of ["one", "two"]) {
      await expect
        .poll(() => replica.cli("hgetall", "millrace:{app}:leases"), { timeout: 20_000 })
        .toContain(`"o":"${owner}"`);
    }
    await primary.kill();
    await expect.poll(() => replica.cli("role"), { timeout: 20_000 }).toContain("master");
    await expect
      .poll(
        () =>
          Promise.allSettled(
            [...sessions.values()].map((each) => each.checkpoint({ sequenceNumber: "5", subSequenceNumber: 0 })),
          ).then((all) => all.map(({ status }) => status)),
        { timeout: 20_000, interval: 200 },
      )
      .toEqual(["fulfilled", "fulfilled"]);
    await expect.poll(spread, { timeout: 20_000 }).toEqual([1, 1]);
    await Promise.all(hosts.map((each) => each.stop(5_000)));
    expect(replica.cli("zcard", "millrace:{app}:workers")).toBe("0");
  });
});
