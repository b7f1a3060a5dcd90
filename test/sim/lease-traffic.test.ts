/** How often 50 workers with 1,000 shards speak to the store: at rest, and while all of them are replaced. One call is one Redis command. */
import { sleep } from "@millrace/base";
import { coordinatorDefaults, LeaseHost, MemoryLeaseStore, type LeaseStore } from "@millrace/worker";
import { ManualClock, seededRandom } from "@millrace/testkit";
import { expect, test } from "vitest";
import { ShardedLog } from "./sharded-log.ts";

const WORKERS = 50;
const SHARDS = 1_000;

test("50 workers do not make a herd of themselves", async () => {
  const clock = new ManualClock();
  const table = new MemoryLeaseStore(clock);
  const random = seededRandom(3);
  const log = new ShardedLog(SHARDS, () => random.float());
  const perSecond = new Map<number, number>();
  const counted = (store: LeaseStore): LeaseStore =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function" || name === "onWake" || name === "close") return member;
        return (...args: unknown[]): unknown => {
          const second = Math.floor(clock.monotonicMs() / 1000);
          perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
          return Reflect.apply(member, target, args);
        };
      },
    });
  const takeCounts = (): { total: number; peak: number } => {
    const counts = [...perSecond.values()];
    perSecond.clear();
    return { total: counts.reduce((sum, each) => sum + each, 0), peak: Math.max(0, ...counts) };
  };
  let names = 0;
  const start = (): LeaseHost =>
    new LeaseHost({
      store: counted(table.connect()),
      settings: {
        ...coordinatorDefaults,
        worker: `worker-${(names += 1)}`,
        streams: [{ stream: "s", initialPosition: { type: "TRIM_HORIZON" } }],
        progressTimeoutMs: 3_600_000,
      },
      consumer: ({ draining }) => sleep(clock, 86_400_000, draining),
      listShards: () => Promise.resolve(log.list("s")),
      clock,
      random,
    });
  const hosts = Array.from({ length: WORKERS }, start);
  await clock.advanceAsync(20_000);
  const starting = takeCounts();
  expect(hosts.map(({ held }) => held.length)).toEqual(Array.from({ length: WORKERS }, () => SHARDS / WORKERS));

  const restMs = 60_000;
  await clock.advanceAsync(restMs);
  const atRest = takeCounts();
  // A heartbeat of each worker every third of the time to live, a little early; nothing else, however many shards.
  const heartbeats = (WORKERS * restMs * 3) / coordinatorDefaults.leaseTtlMs;
  expect(atRest.total).toBeLessThanOrEqual(heartbeats * 1.12 + WORKERS);

  for (const host of hosts.splice(0, 10)) {
    const stopped = host.stop(5_000);
    await clock.advanceAsync(500);
    expect(await stopped).toBe("left");
    hosts.push(start());
    await clock.advanceAsync(1_500);
  }
  const rolling = takeCounts();
  // A wake costs each worker one heartbeat, and wakes within a tenth of a second share it.
  expect(rolling.peak).toBeLessThanOrEqual(WORKERS * 15);

  const perShardAndDay = (atRest.total * (86_400_000 / restMs)) / SHARDS;
  process.stderr.write(
    `starting: at most ${starting.peak} commands/s; at rest ${atRest.total / (restMs / 1000)} commands/s, ${perShardAndDay.toFixed(0)} per shard and day (${(perShardAndDay / 24).toFixed(1)} per hour); one worker replaced every 2 s: at most ${rolling.peak} commands/s\n`,
  );
});
