/** The protocol's bare core under random histories. More: `make sim-core RUNS=N`. */
import { expect, test } from "vitest";
import { CORE_STEPS, runCore } from "./core/core-run.ts";

const SEEDS = 100_000;

test(`${SEEDS} seeds lose nothing, and every shard heals to three equal copies`, { timeout: 600_000 }, () => {
  let committed = 0;
  let epochs = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      const report = runCore(seed, CORE_STEPS);
      committed += report.committed;
      epochs += report.epochs;
    } catch (error) {
      throw new Error(`replay with: make sim-core RUNS=1 SEED=${seed}`, { cause: error });
    }
  }
  expect(committed / SEEDS).toBeGreaterThan(15);
  expect(epochs / SEEDS).toBeGreaterThan(3.5);
});
