import { realRandom } from "@millrace/base";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import type { LeaseStore } from "../lease/lease-store.ts";
import { describeLeaseStore } from "../lease/testing/lease-store-contract.ts";
import { redisLeaseStore } from "./redis-lease-store.ts";
import { redisAbsent, startRedis, type RedisServer } from "./testing/redis-server.ts";

describe.skipIf(redisAbsent !== undefined)("one Redis", () => {
  let server: RedisServer;
  let applications = 0;
  const opened: LeaseStore[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  afterAll(() => server.kill());

  describeLeaseStore({
    async open() {
      const application = `application-${(applications += 1)}`;
      const make = async (): Promise<LeaseStore> => {
        const store = redisLeaseStore({ redis: server.url, application }, realRandom);
        opened.push(store);
        await store.open({ create: true });
        return store;
      };
      return [await make(), await make()];
    },
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
});
