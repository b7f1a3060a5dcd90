/** What one seed can be asked to do, and how the processes that run seeds side by side speak to the one that hands them out. */
import { runCore, CORE_STEPS } from "../core/core-run.ts";
import type { CoreMutant } from "../core/core-mutant.ts";
import type { FullStackMutant } from "../full-stack-mutant.ts";
import { runSeed, SeedFailure, type RunReport } from "../run-seed.ts";

/** One seed of a kind: the protocol's core alone, or a whole cluster for `safetyMs` of faults, `twice` to compare traces. */
export type SeedJob =
  | { readonly kind: "core"; readonly mutant?: CoreMutant | undefined }
  | {
      readonly kind: "cluster";
      readonly safetyMs: number;
      readonly twice?: boolean;
      readonly mutant?: FullStackMutant | undefined;
    };

/** Counts of what happened, by name; those of several seeds are added up. */
export type Tally = Readonly<Record<string, number>>;

/** To a child: run these seeds. */
export interface SeedOrder {
  readonly job: SeedJob;
  readonly firstSeed: number;
  readonly count: number;
}

/** From a child: all of an order were clean, or one was not. */
export type SeedAnswer =
  | { readonly type: "clean"; readonly count: number; readonly tally: Tally }
  | { readonly type: "failed"; readonly failure: SeedReport };

/** Why a seed failed: what led to it, newest last, and the command that replays it. */
export interface SeedReport {
  readonly seed: number;
  readonly what: string;
  readonly transcript: readonly string[];
  readonly replay: string;
}

/** Runs every seed of an order, up to the first that fails. */
export async function carryOut({ job, firstSeed, count }: SeedOrder): Promise<SeedAnswer> {
  const sum: Record<string, number> = {};
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    try {
      addTally(sum, await runOne(job, seed));
    } catch (error) {
      return { type: "failed", failure: reportOf(job, seed, error) };
    }
  }
  return { type: "clean", count, tally: sum };
}

/** Adds `more` to `sum`. */
export function addTally(sum: Record<string, number>, more: Tally): void {
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
}

async function runOne(job: SeedJob, seed: number): Promise<Tally> {
  if (job.kind === "core") return { ...runCore(seed, CORE_STEPS, job.mutant) };
  const { safetyMs, mutant, twice } = job;
  const plan = mutant === undefined ? { safetyMs } : { safetyMs, mutant };
  const report = await runSeed(seed, plan);
  if (twice === true) requireSame(report, await runSeed(seed, plan));
  return report.tally;
}

function requireSame(first: RunReport, second: RunReport): void {
  if (first.digest === second.digest) return;
  const at = first.transcript.findIndex((line, index) => line !== second.transcript[index]);
  throw new Error(
    `not deterministic; the first lines that differ:\n${first.transcript[at] ?? "(none)"}\n${second.transcript[at] ?? "(none)"}`,
  );
}

function reportOf(job: SeedJob, seed: number, error: unknown): SeedReport {
  const cause = error instanceof SeedFailure ? error.cause : error;
  const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  const transcript = error instanceof SeedFailure ? error.transcript : [];
  const replay =
    job.kind === "core"
      ? `make sim-core RUNS=1 SEED=${seed}`
      : `make sim RUNS=1 SEED=${seed} SECONDS=${job.safetyMs / 1000}${job.twice === true ? " META=1" : ""}`;
  return { seed, what, transcript, replay };
}
