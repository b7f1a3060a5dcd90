/** The protocol's bare core under random histories, on all processors. More: `make sim-core RUNS=N`. */
import { expect, test } from "vitest";
import { describeFailure, SeedPool } from "./regime/seed-pool.ts";

const SEEDS = 100_000;

test(`${SEEDS} seeds lose nothing, and every shard heals to three equal copies`, { timeout: 1_800_000 }, async () => {
  using pool = await SeedPool.open((line) => void process.stderr.write(`${line}\n`));
  const { failure, clean, tally } = await pool.run({ kind: "core" }, { firstSeed: 1, count: SEEDS });
  if (failure !== undefined) throw new Error(describeFailure(failure, 0));
  expect(clean).toBe(SEEDS);
  expect((tally["committed"] ?? 0) / SEEDS).toBeGreaterThan(15);
  expect((tally["epochs"] ?? 0) / SEEDS).toBeGreaterThan(3.5);
});
