/** The frame around every workload: warm-up, clock, CPU accounting. */
import { LatencyHistogram } from "../measure/latency-histogram.ts";
import { measureCpu } from "../measure/process-cpu.ts";
import type { WorkloadResult } from "../measure/workload-result.ts";
import type { Target } from "../targets/target.ts";

/** How long to warm up and to measure. */
export interface WorkloadTimes {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Counts a running workload adds to. What precedes the end of the warm-up is thrown away; latencies count without failures. */
export interface Meter {
  count(records: number, bytes: number, failed: number, latencyMs: number): void;
  /** False once the time is over. */
  running(): boolean;
}

/** Runs `load` (which returns when {@link Meter.running} turns false, or earlier) and answers what it counted. */
export async function measure(
  workload: string,
  target: Target,
  times: WorkloadTimes,
  load: (meter: Meter) => Promise<void>,
): Promise<WorkloadResult> {
  let histogram = new LatencyHistogram();
  let [records, bytes, failed] = [0, 0, 0];
  let measuring = times.warmUpMs === 0;
  let startMs = performance.now();
  const endMs = startMs + times.warmUpMs + times.measureMs;
  const processes = [...target.processes, { name: "generator", pid: process.pid }];
  let cpu = measureCpu(processes);
  const timer = setTimeout(() => {
    histogram = new LatencyHistogram();
    [records, bytes, failed] = [0, 0, 0];
    measuring = true;
    startMs = performance.now();
    cpu = measureCpu(processes);
  }, times.warmUpMs);
  await load({
    count(moreRecords, moreBytes, moreFailed, latencyMs) {
      records += moreRecords;
      bytes += moreBytes;
      failed += moreFailed;
      if (moreFailed === 0) histogram.record(latencyMs);
    },
    running: () => performance.now() < endMs,
  });
  clearTimeout(timer);
  const seconds = (performance.now() - startMs) / 1000;
  if (!measuring) throw new Error(`${workload} ended within its warm-up`);
  return { workload, target: target.name, seconds, records, bytes, failed, latency: histogram.summary(), cpuMs: cpu() };
}
