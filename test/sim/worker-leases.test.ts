/** 1,000 shards' leases with workers joining, leaving and crashing, under a simulated clock. */
import { MemoryLeaseStore, type LeaseStore } from "@millrace/worker";
import { ManualClock, seededRandom } from "@millrace/testkit";
import { expect, test } from "vitest";
import { LeaseStorm, upset } from "./lease-storm.ts";

const SEED = Number(process.env["MILLRACE_SEED"] ?? 7);

test("1,000 shards, 20 workers in a storm under a simulated clock", async () => {
  const seed = SEED;
  const clock = new ManualClock();
  const { float: random } = seededRandom(seed);
  const table = new MemoryLeaseStore(clock);
  const connect = (): Promise<LeaseStore> => Promise.resolve(table.connect());
  const pass = (ms: number): Promise<void> => clock.advanceAsync(ms);
  const storm = new LeaseStorm(
    { clock, random, connect, pass, shards: 1_000, leaseTtlMs: 10_000, unownedGraceMs: 1_000 },
    table.connect(),
  );
  for (let each = 0; each < 20; each += 1) await storm.join();
  for (let round = 0; round < 40; round += 1) {
    await upset(storm, random, 12, 28);
    for (let part = 0; part < 4; part += 1) {
      storm.log.put(500);
      await storm.run(random() * 1_000);
    }
  }
  for (const { process } of storm.workers) process.resume();
  await storm.run(12_000);
  // All leave, others come: nothing is remembered but the table.
  await Promise.all([
    ...[...storm.workers].map((worker) => storm.leave(worker)),
    (async () => {
      for (let each = 0; each < 5; each += 1) await storm.join();
      await storm.run(6_000);
    })(),
  ]);
  for (let rounds = 0; storm.processed < storm.log.total && rounds < 100; rounds += 1) await storm.run(1_000);
  expect(storm.processed).toBe(storm.log.total);
  process.stderr.write(
    `seed ${seed}: ${storm.log.total} records, ${storm.deliveries} deliveries, ${storm.moves} takings, ${storm.log.shards.size} shards, longest without owner ${Math.round(storm.longestUnownedMs)} ms\n`,
  );
});
