/** Whole clusters on simulated machines. More seeds: `make sim RUNS=N`. */
import { expect, test } from "vitest";
import type { FullStackMutant } from "./full-stack-mutant.ts";
import { runSeed, SeedFailure } from "./run-seed.ts";

/** What fits into the time of a test file; `make sim` takes any number of any length. */
const SEEDS = 20;
const PLAN = { safetyMs: 60_000 };

test(`${SEEDS} seeds of ${PLAN.safetyMs / 1000} simulated seconds lose nothing and serve again`, async () => {
  let acknowledged = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      acknowledged += (await runSeed(seed, PLAN)).acknowledged;
    } catch (error) {
      if (error instanceof SeedFailure) process.stderr.write(`${error.transcript.slice(-100).join("\n")}\n`);
      throw new Error(`replay with: make sim RUNS=1 SEED=${seed} SECONDS=60`, { cause: error });
    }
  }
  expect(acknowledged / SEEDS).toBeGreaterThan(300);
}, 600_000);

test("the same seed twice gives the same trace, another seed another", async () => {
  const [first, second, other] = [await runSeed(77, PLAN), await runSeed(77, PLAN), await runSeed(78, PLAN)];
  expect(second.digest).toBe(first.digest);
  expect(second.transcript).toEqual(first.transcript);
  expect(other.digest).not.toBe(first.digest);
});

test.each<readonly [FullStackMutant, number]>([
  ["syncs nothing", 20],
  ["stores repeats again", 20],
  ["writes under no election", 20],
])(
  "the planted bug “%s” is found within %i seeds",
  async (mutant, seeds) => {
    const findIt = async (): Promise<void> => {
      for (let seed = 1; seed <= seeds; seed += 1) await runSeed(seed, { ...PLAN, mutant });
    };
    await expect(findIt()).rejects.toThrow(SeedFailure);
  },
  300_000,
);
