/** Seeds from the command line: `RUNS`, `SEED` and `LINES` (of transcript after a failure) come from the environment. */
import type { SeedJob, Tally } from "./seed-job.ts";
import { describeFailure, SeedPool } from "./seed-pool.ts";

const TRANSCRIPT_LINES = 150;

/** Runs the seeds that the environment asks for; ends the process with status 1 when one fails. */
export async function runFromCommandLine(job: SeedJob, runsByDefault: number): Promise<void> {
  const range = { firstSeed: fromEnvironment("SEED", 1), count: fromEnvironment("RUNS", runsByDefault) };
  using pool = await SeedPool.open((line) => void process.stdout.write(`${line}\n`));
  const { clean, seedsPerMinute, tally, failure } = await pool.run(job, range);
  if (failure !== undefined) {
    process.stdout.write(describeFailure(failure, fromEnvironment("LINES", TRANSCRIPT_LINES)));
    process.exitCode = 1;
    return;
  }
  process.stdout.write(describeTally(tally));
  process.stdout.write(`${clean} of ${range.count} seeds clean, ${seedsPerMinute.toFixed(0)} seeds a minute\n`);
}

/** Make gives what is not set as an empty text. */
export function fromEnvironment(name: string, otherwise: number): number {
  const text = process.env[name] ?? "";
  return text === "" ? otherwise : Number(text);
}

function describeTally(tally: Tally): string {
  return Object.entries(tally)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `  ${name}: ${count}\n`)
    .join("");
}
