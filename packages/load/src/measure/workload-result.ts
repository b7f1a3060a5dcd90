/** What every workload measures. */
import type { LatencySummary } from "./latency-histogram.ts";

/** `bytes` counts record data only, not keys or encoding. `failed` are records or requests without success. */
export interface WorkloadResult {
  readonly workload: string;
  readonly target: string;
  readonly seconds: number;
  readonly records: number;
  readonly bytes: number;
  readonly failed: number;
  readonly latency: LatencySummary;
  /** CPU milliseconds by process name, the generator among them. */
  readonly cpuMs: Readonly<Record<string, number>>;
}

/** Megabytes (10^6) of record data a second. */
export function megabytesPerSecond({ bytes, seconds }: WorkloadResult): number {
  return bytes / 1e6 / seconds;
}

/** Records a second. */
export function recordsPerSecond({ records, seconds }: WorkloadResult): number {
  return records / seconds;
}
