/** Latencies with constant memory. The only file that knows hdr-histogram-js. */
import { build, type Histogram } from "hdr-histogram-js";

const MICROSECONDS_PER_MS = 1000;
const HIGHEST_MICROSECONDS = 60_000_000;

/** Percentiles in milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Collects latencies up to a minute with three significant digits. */
export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MICROSECONDS,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

  record(latencyMs: number): void {
    const microseconds = Math.round(latencyMs * MICROSECONDS_PER_MS);
    this.#histogram.recordValue(Math.min(Math.max(microseconds, 1), HIGHEST_MICROSECONDS));
  }

  summary(): LatencySummary {
    const percentile = (percent: number): number => this.#histogram.getValueAtPercentile(percent) / MICROSECONDS_PER_MS;
    return {
      count: this.#histogram.totalCount,
      p50Ms: percentile(50),
      p99Ms: percentile(99),
      p999Ms: percentile(99.9),
      maxMs: percentile(100),
    };
  }
}
