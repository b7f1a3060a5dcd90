/** Whole clusters on simulated machines. More seeds: `make sim RUNS=N`. */
import { expect, test } from "vitest";
import { runSeed } from "./run-seed.ts";

const SEEDS = 6;
const PLAN = { safetyMs: 30_000 };

test(`${SEEDS} seeds of ${PLAN.safetyMs / 1000} simulated seconds lose nothing and serve again`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const report = await runSeed(seed, PLAN);
    expect(report.acknowledged).toBeGreaterThan(50);
  }
});

test("the same seed twice gives the same trace", async () => {
  const [first, second] = [await runSeed(77, PLAN), await runSeed(77, PLAN)];
  expect(second.digest).toBe(first.digest);
});
