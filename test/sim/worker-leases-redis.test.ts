/** The storm of worker-leases.test.ts over a real Redis, in real time. */
import { realClock, realRandom } from "@millrace/base";
import { redisLeaseStore, type LeaseStore } from "@millrace/worker";
import { seededRandom } from "@millrace/testkit";
import { expect, test } from "vitest";
import { redisAbsent, startRedis } from "../../packages/worker/src/redis/testing/redis-server.ts";
import { LeaseStorm, upset } from "./lease-storm.ts";

test.skipIf(redisAbsent !== undefined)("1,000 shards, 20 workers in a storm over Redis", async () => {
  await using server = await startRedis();
  const { float: random } = seededRandom(Number(process.env["MILLRACE_SEED"] ?? 11));
  let commands = 0;
  const connect = (): Promise<LeaseStore> =>
    Promise.resolve(
      redisLeaseStore({ redis: server.url, application: "storm", onCommand: () => (commands += 1) }, realRandom),
    );
  const observer = await connect();
  await observer.open({ create: true });
  const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const options = { clock: realClock, random, connect, pass, shards: 1_000, leaseTtlMs: 3_000 };
  // How soon a busy machine gets round to things is not what is tested here: the simulated storm has the bound of a second.
  const storm = new LeaseStorm({ ...options, unownedGraceMs: 15_000 }, observer);
  const startMs = realClock.monotonicMs();
  for (let each = 0; each < 20; each += 1) await storm.join();
  for (let round = 0; round < 20; round += 1) {
    storm.log.put(1_000);
    await upset(storm, random, 12, 26);
    await storm.run(random() * 1_500);
  }
  for (const { process } of storm.workers) process.resume();
  for (let rounds = 0; storm.processed < storm.log.total && rounds < 60; rounds += 1) await storm.run(500);
  expect(storm.processed).toBe(storm.log.total);
  const seconds = (realClock.monotonicMs() - startMs) / 1000;
  await Promise.all([...storm.workers].map((worker) => storm.leave(worker)));
  await observer.close();
  process.stderr.write(
    `${storm.log.total} records, ${storm.deliveries} deliveries, ${storm.moves} takings, ${Math.round(commands / seconds)} Redis commands/s, longest without owner ${Math.round(storm.longestUnownedMs)} ms\n`,
  );
});
