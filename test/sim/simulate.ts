/**
 * The simulator from the command line: `RUNS` seeds from `SEED` on, each of `SECONDS` simulated seconds. With `META` every
 * seed runs twice and both traces must be the same. Ends with status 1 at the first seed that fails, with what led to it
 * and the command that replays it.
 */
import { runSeed, SeedFailure, type RunReport } from "./run-seed.ts";

const TRANSCRIPT_LINES = Number(process.env["LINES"] || 150);
const PROGRESS_EVERY_MS = 5000;

const runs = fromEnvironment("RUNS", 20);
const firstSeed = fromEnvironment("SEED", 1);
const plan = { safetyMs: fromEnvironment("SECONDS", 120) * 1000 };
const twice = (process.env["META"] ?? "") !== "";

const startedMs = performance.now();
let toldMs = startedMs;
let acknowledged = 0;
for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
  const report = await runOrEnd(seed);
  if (twice) requireSame(seed, report, await runOrEnd(seed));
  acknowledged += report.acknowledged;
  if (performance.now() - toldMs > PROGRESS_EVERY_MS) tellProgress(seed - firstSeed + 1);
}
tellProgress(runs);

async function runOrEnd(seed: number): Promise<RunReport> {
  try {
    return await runSeed(seed, plan);
  } catch (error) {
    if (!(error instanceof SeedFailure)) throw error;
    process.stdout.write(`${error.transcript.slice(-TRANSCRIPT_LINES).join("\n")}\n`);
    const { cause } = error;
    process.stdout.write(`${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`);
    process.stdout.write(
      `${error.message}\nreplay with: make sim RUNS=1 SEED=${seed} SECONDS=${plan.safetyMs / 1000}\n`,
    );
    return process.exit(1);
  }
}

function requireSame(seed: number, first: RunReport, second: RunReport): void {
  if (first.digest === second.digest) return;
  const at = first.transcript.findIndex((line, index) => line !== second.transcript[index]);
  process.stdout.write(`seed ${seed} is not deterministic; the first lines that differ:\n`);
  process.stdout.write(`${first.transcript[at] ?? "(none)"}\n${second.transcript[at] ?? "(none)"}\n`);
  process.exit(1);
}

function tellProgress(done: number): void {
  toldMs = performance.now();
  const minutes = (toldMs - startedMs) / 60_000;
  const simulatedMinutes = (done * plan.safetyMs) / 60_000;
  process.stdout.write(
    `${done} of ${runs} seeds clean, ${acknowledged} records acknowledged and found, ` +
      `${(done / minutes).toFixed(0)} seeds a minute, ${(simulatedMinutes / minutes).toFixed(0)} times real time\n`,
  );
}

/** Make gives what is not set as an empty text. */
function fromEnvironment(name: string, otherwise: number): number {
  const text = process.env[name] ?? "";
  return text === "" ? otherwise : Number(text);
}
