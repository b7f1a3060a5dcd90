/**
 * Whole clusters on simulated machines, in as many processes as there are processors. Other seeds: `make sim RUNS=N`, or
 * SIM_SEEDS of them here.
 */
import { afterAll, expect, test } from "vitest";
import type { FullStackMutant } from "./full-stack-mutant.ts";
import { describeFailure, SeedPool } from "./regime/seed-pool.ts";
import { whatNeverHappened } from "./faults/every-fault.ts";

const SEEDS = Number(process.env["SIM_SEEDS"] ?? 300);
const SAFETY_MS = 120_000;
/** A bound against hanging only: machines that run tests are busy. */
const TIMEOUT_MS = 3_600_000;
const TRANSCRIPT_LINES = 100;

const pool = await SeedPool.open((line) => void process.stderr.write(`${line}\n`));
afterAll(() => pool[Symbol.dispose]());

test(
  `${SEEDS} seeds of ${SAFETY_MS / 1000} simulated seconds lose nothing and serve again, and every fault happens`,
  async () => {
    const outcome = await pool.run({ kind: "cluster", safetyMs: SAFETY_MS }, { firstSeed: 1, count: SEEDS });
    if (outcome.failure !== undefined) throw new Error(describeFailure(outcome.failure, TRANSCRIPT_LINES));
    expect(outcome.clean).toBe(SEEDS);
    expect((outcome.tally["records acknowledged"] ?? 0) / SEEDS).toBeGreaterThan(600);
    expect(whatNeverHappened(outcome.tally)).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "the same seed twice gives the same trace",
  async () => {
    const job = { kind: "cluster", safetyMs: 20_000, twice: true } as const;
    const { failure, clean } = await pool.run(job, { firstSeed: 1, count: 20 });
    if (failure !== undefined) throw new Error(describeFailure(failure, 0));
    expect(clean).toBe(20);
  },
  TIMEOUT_MS,
);

test.each<readonly [FullStackMutant, number]>([
  ["syncs nothing", 20],
  ["stores repeats again", 20],
  ["writes under no election", 20],
  ["drained nodes lead", 20],
  ["replaces no dead nodes", 20],
  ["opens children before the close commits", 20],
  ["moves into occupied zones", 20],
  ["keeps cancelled timers", 20],
])("the planted bug “%s” is found within %i seeds", { timeout: TIMEOUT_MS }, async (mutant, seeds) => {
  const { failure } = await pool.run({ kind: "cluster", safetyMs: 60_000, mutant }, { firstSeed: 1, count: seeds });
  expect(failure?.what).toBeDefined();
});
