/**
 * Seeds of the protocol's bare core from the command line: `RUNS` of them from `SEED` on. Ends with status 1 at the first
 * that fails, with the command that replays it.
 */
import { CORE_STEPS, runCore } from "./core/core-run.ts";

const PROGRESS_EVERY_MS = 5000;

const runs = Number(process.env["RUNS"] || 100_000);
const firstSeed = Number(process.env["SEED"] || 1);
const startedMs = performance.now();
let toldMs = startedMs;
let committed = 0;
let epochs = 0;
for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
  try {
    const report = runCore(seed, CORE_STEPS);
    committed += report.committed;
    epochs += report.epochs;
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.stdout.write(`seed ${seed} failed\nreplay with: make sim-core RUNS=1 SEED=${seed}\n`);
    process.exit(1);
  }
  if (performance.now() - toldMs > PROGRESS_EVERY_MS) tellProgress(seed - firstSeed + 1);
}
tellProgress(runs);

function tellProgress(done: number): void {
  toldMs = performance.now();
  const seconds = (toldMs - startedMs) / 1000;
  process.stdout.write(
    `${done} of ${runs} seeds clean, ${epochs} epochs, ${committed} records committed, ` +
      `${((done / seconds) * 60).toFixed(0)} seeds a minute\n`,
  );
}
