/** A short run of what `make chaos` does at length; the seed is printed and repeats the choice of faults. */
import { expect, test } from "vitest";
import { runChaos } from "../chaos/run-chaos.ts";

const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 100_000);
const SECONDS = 20;

test(`faults lose, double, reorder, invent and alter nothing (CHAOS_SEED=${seed})`, async () => {
  const lines: string[] = [];
  const result = await runChaos({ seconds: SECONDS, seed, brisk: true, say: (line) => lines.push(line) });
  const { violations, directory } = result;
  expect({ violations, directory, lines: violations.length === 0 ? [] : lines }).toEqual({
    violations: [],
    directory,
    lines: [],
  });
  expect(result.faults.reduce((sum, { runs }) => sum + runs, 0)).toBeGreaterThan(0);
  expect(result.acknowledged).toBeGreaterThan(0);
  expect(result.verified).toBe(result.acknowledged);
  console.info(`${result.acknowledged} records verified`);
}, 300_000);
