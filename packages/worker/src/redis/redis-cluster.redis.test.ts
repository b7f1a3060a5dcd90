/** The contract suite over a Redis Cluster of three primaries. */
import { realRandom } from "@millrace/base";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import type { LeaseStore } from "../lease/lease-store.ts";
import { describeLeaseStore } from "../lease/testing/lease-store-contract.ts";
import { redisLeaseStore } from "./redis-lease-store.ts";
import { redisAbsent, startRedis, type RedisServer } from "./testing/redis-server.ts";

describe.skipIf(redisAbsent !== undefined)("a Redis Cluster", () => {
  const servers: RedisServer[] = [];
  const opened: LeaseStore[] = [];
  let applications = 0;

  beforeAll(async () => {
    const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
    servers.push(...(await Promise.all([1, 2, 3].map(() => startRedis(...options)))));
    const nodes = servers.map(({ port }) => `127.0.0.1:${port}`);
    servers[0]?.cli("--cluster", "create", ...nodes, "--cluster-yes");
    while (servers.some(({ cli }) => !cli("cluster", "info").includes("cluster_state:ok"))) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 60_000);
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  afterAll(async () => {
    for (const server of servers) await server.kill();
  });

  describeLeaseStore({
    async open() {
      // Different applications lie on different primaries.
      const application = `application-${(applications += 1)}`;
      const make = async (): Promise<LeaseStore> => {
        const cluster = servers.map(({ port }) => ({ host: "127.0.0.1", port }));
        const store = redisLeaseStore({ redis: { cluster }, application }, realRandom);
        opened.push(store);
        await store.open({ create: true });
        return store;
      };
      return [await make(), await make()];
    },
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
});
