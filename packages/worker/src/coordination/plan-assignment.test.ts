import fc from "fast-check";
import { expect, test } from "vitest";
import { planByCount, planByThroughput, rankedWorkers, type PlannedLease } from "./plan-assignment.ts";

const workers = ["w0", "w1", "w2", "w3", "w4"];

function leases(holders: readonly (string | undefined)[], rates: readonly number[] = []): PlannedLease[] {
  return holders.map((holder, index) => ({ key: `s/${index}`, holder, bytesPerSecond: rates[index] ?? 0 }));
}

function perWorker(assignment: ReadonlyMap<string, string>, among: readonly string[]): number[] {
  return among.map((worker) => [...assignment.values()].filter((each) => each === worker).length);
}

const holder = fc.option(fc.constantFrom(...workers, "dead"), { nil: undefined });

test("by count every lease has a live worker, loads differ by one at most, and no more moves than that needs", () => {
  fc.assert(
    fc.property(fc.array(holder, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (holders, live) => {
      const among = workers.slice(0, live);
      const planned = leases(holders);
      const assignment = planByCount(planned, among);
      expect(assignment.size).toBe(planned.length);
      const loads = perWorker(assignment, among);
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      const moved = planned.filter(
        (lease) => among.includes(lease.holder ?? "") && assignment.get(lease.key) !== lease.holder,
      );
      const quota = Math.floor(planned.length / live);
      let extra = planned.length % live;
      const held = among.map((worker) => planned.filter((lease) => lease.holder === worker).length);
      const needed = held
        .toSorted((a, b) => b - a)
        .reduce((sum, count) => sum + Math.max(0, count - quota - (extra-- > 0 ? 1 : 0)), 0);
      expect(moved.length).toBe(needed);
    }),
  );
});

test("a plan that is carried out is the next plan", () => {
  fc.assert(
    fc.property(
      fc.array(holder, { maxLength: 40 }),
      fc.array(fc.nat(1_000_000), { maxLength: 40 }),
      (holders, rates) => {
        for (const plan of [planByCount, planByThroughput]) {
          const first = plan(leases(holders, rates), workers);
          const after = leases(holders, rates).map((lease) => ({ ...lease, holder: first.get(lease.key) }));
          expect(plan(after, workers)).toEqual(first);
        }
      },
    ),
  );
});

test("by throughput one busy shard counts as much as many idle ones", () => {
  const rates = [900_000, 100_000, 100_000, 100_000, 100_000, 100_000, 100_000, 100_000, 100_000, 100_000];
  const assignment = planByThroughput(
    leases(
      Array.from({ length: 10 }, () => "w0"),
      rates,
    ),
    ["w0", "w1"],
  );
  const load = (worker: string): number =>
    rates.reduce((sum, rate, index) => sum + (assignment.get(`s/${index}`) === worker ? rate : 0), 0);
  expect([load("w0"), load("w1")]).toEqual([900_000, 900_000]);
});

test("by throughput idle leases spread too", () => {
  const assignment = planByThroughput(leases(Array.from({ length: 20 }, () => undefined)), workers);
  expect(perWorker(assignment, workers)).toEqual([4, 4, 4, 4, 4]);
});

test("without workers nobody has anything", () => {
  expect(planByCount(leases(["w0"]), []).size).toBe(0);
  expect(planByThroughput(leases([undefined]), []).size).toBe(0);
});

test("who tries first differs from lease to lease", () => {
  const first = new Set(Array.from({ length: 50 }, (_, index) => rankedWorkers(`s/${index}`, workers)[0]));
  expect(first).toEqual(new Set(workers));
});
