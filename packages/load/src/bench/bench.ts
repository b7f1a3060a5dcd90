/** `make bench`: Millrace and kinesalite in turns, on the same machine in the same minutes, with the same generator. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { WorkloadResult } from "../measure/workload-result.ts";
import { startKinesalite } from "../targets/start-kinesalite.ts";
import { startMillrace } from "../targets/start-millrace.ts";
import type { Target } from "../targets/target.ts";
import { createStream } from "../http/api-call.ts";
import { getRecords } from "../workloads/get-records.ts";
import { putRecord } from "../workloads/put-record.ts";
import { putRecords } from "../workloads/put-records.ts";
import { subscribeLatency } from "../workloads/subscribe-latency.ts";
import { megabytesPerSecond } from "../measure/workload-result.ts";

const SHARDS = 8;
const WARM_UP_MS = 2_000;

/** How much to measure, and whether to leave kinesalite out. */
export interface BenchOptions {
  readonly seconds: number;
  readonly rounds: number;
  /** Where data directories are made: the disk that is measured. */
  readonly directory: string;
  readonly kinesalite: boolean;
  readonly say: (line: string) => void;
}

/** All results, in the order in which they were measured. */
export async function bench(options: BenchOptions): Promise<WorkloadResult[]> {
  mkdirSync(options.directory, { recursive: true });
  const dataDir = mkdtempSync(join(options.directory, "millrace-bench-"));
  const targets: Target[] = [];
  const results: WorkloadResult[] = [];
  try {
    targets.push(await startMillrace(dataDir));
    if (options.kinesalite) targets.push(await startKinesalite());
    for (let round = 1; round <= options.rounds; round += 1) {
      options.say(`round ${round} of ${options.rounds}`);
      for (const step of steps(options, round)) {
        // The order changes every round: what the one leaves behind meets both.
        for (const target of round % 2 === 1 ? targets : targets.toReversed()) {
          const result = await step(target);
          if (result === undefined) continue;
          results.push(result);
          options.say(`  ${target.name.padEnd(10)} ${describe(result)}`);
        }
      }
    }
  } finally {
    await Promise.all(targets.map((target) => target.stop()));
    rmSync(dataDir, { recursive: true, force: true });
  }
  return results;
}

type Step = (target: Target) => Promise<WorkloadResult | undefined>;

/** Each step runs on every target before the next begins. */
function steps({ seconds }: BenchOptions, round: number): Step[] {
  const times = { warmUpMs: WARM_UP_MS, measureMs: seconds * 1000 };
  const backlog = `backlog-${round}`;
  return [
    async (target) => {
      await createStream(target.port, backlog, SHARDS);
      return putRecords(target, backlog, times);
    },
    (target) => getRecords(target, backlog, seconds * 1000),
    async (target) => {
      await createStream(target.port, `small-${round}`, SHARDS);
      return putRecord(target, `small-${round}`, times);
    },
    async (target) => {
      if (!target.fanOut) return undefined;
      const arn = await createStream(target.port, `fan-out-${round}`, 1);
      return subscribeLatency(target, `fan-out-${round}`, arn, times);
    },
  ];
}

function describe(result: WorkloadResult): string {
  const { workload, records, seconds, latency, failed } = result;
  const rate = `${megabytesPerSecond(result).toFixed(1)} MB/s, ${Math.round(records / seconds)} records/s`;
  const times = `p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms`;
  return `${workload}: ${rate}, ${times}${failed > 0 ? `, ${failed} FAILED` : ""}`;
}
