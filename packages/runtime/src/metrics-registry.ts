/** Prometheus metrics of one process. The only file that knows prom-client. */
import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";
import { AssertionError } from "@millrace/base";
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

export type { Counter, Gauge, Histogram } from "prom-client";

/** Every name we export starts with this. */
const METRIC_PREFIX = "millrace_";

const NANOSECONDS_PER_SECOND = 1e9;
/** How often the loop is probed. What Node measures includes this interval; what we export does not. */
const LOOP_PROBE_MS = 20;

/** Upper bounds in seconds shared by all latency histograms: 0.5 ms to 30 s, each about twice the one before. */
export const latencyBucketsSeconds: readonly number[] = [
  0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4, 8, 16, 30,
];

/** A metric's name without the prefix, its help, and the label names it will be used with. */
export interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/** A histogram's options; `buckets` are upper bounds, {@link latencyBucketsSeconds} when absent. */
export interface HistogramOptions extends MetricOptions {
  readonly buckets?: readonly number[];
}

/**
 * All metrics of a process. Asking for a name twice gives the same metric, so that several roles can share one
 * process and one registry; a gauge is then filled by all of them. Built in: `build_info`, `event_loop_delay_seconds`, `assertion_failures_total`, and
 * the usual `process_…` and `nodejs_…` series.
 */
export class MetricsRegistry {
  readonly #registry = new Registry();
  /** What fills a gauge at a scrape, by its name: each role that asked for it has its own. */
  readonly #collectors = new Map<string, ((gauge: Gauge) => void)[]>();
  readonly #assertionFailures: Counter;
  readonly #loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOP_PROBE_MS });

  constructor(build: { readonly role: string; readonly version: string }) {
    collectDefaultMetrics({ register: this.#registry });
    this.gauge({
      name: "build_info",
      help: "Constant 1; the labels say what runs.",
      labelNames: ["role", "version", "node_version"],
    }).set({ role: build.role, version: build.version, node_version: process.version }, 1);
    this.#assertionFailures = this.counter({
      name: "assertion_failures_total",
      help: "Assertions of our own that failed: each one is a defect.",
    });
    this.#exportLoopDelay();
  }

  counter(options: MetricOptions): Counter {
    return this.#once(options.name, (name) => new Counter({ ...this.#common(options), name }));
  }

  gauge(options: MetricOptions & { readonly collect?: (gauge: Gauge) => void }): Gauge {
    const collectors = this.#collectors.get(options.name) ?? [];
    this.#collectors.set(options.name, collectors);
    if (options.collect !== undefined) collectors.push(options.collect);
    return this.#once(options.name, (name) => {
      const collect = (): void => {
        for (const each of collectors) each(gauge);
      };
      const gauge: Gauge = new Gauge({ ...this.#common(options), name, collect });
      return gauge;
    });
  }

  histogram(options: HistogramOptions): Histogram {
    const buckets = [...(options.buckets ?? latencyBucketsSeconds)];
    return this.#once(options.name, (name) => new Histogram({ ...this.#common(options), name, buckets }));
  }

  /** Counts `error` when it is a failed assertion of ours; call it wherever an error is turned into an answer. */
  countIfAssertion(error: unknown): void {
    const cause = error instanceof Error ? error.cause : undefined;
    if (error instanceof AssertionError || cause instanceof AssertionError) this.#assertionFailures.inc();
  }

  /** All series in the Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The content type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Stops what measures in the background. */
  close(): void {
    this.#loopDelay.disable();
    this.#registry.clear();
  }

  #common(options: MetricOptions): { help: string; labelNames: string[]; registers: Registry[] } {
    return { help: options.help, labelNames: [...(options.labelNames ?? [])], registers: [this.#registry] };
  }

  #once<M>(shortName: string, make: (name: string) => M): M {
    const name = METRIC_PREFIX + shortName;
    return (this.#registry.getSingleMetric(name) as M | undefined) ?? make(name);
  }

  /** Quantiles since the last scrape: a stall shows in the scrape after it and nowhere else. */
  #exportLoopDelay(): void {
    const delay = this.#loopDelay;
    delay.enable();
    this.gauge({
      name: "event_loop_delay_seconds",
      help: "How late timers ran since the last scrape.",
      labelNames: ["quantile"],
      collect: (gauge) => {
        for (const percent of [50, 99, 100]) {
          const seconds = delay.count === 0 ? 0 : delay.percentile(percent) / NANOSECONDS_PER_SECOND;
          gauge.set({ quantile: String(percent / 100) }, Math.max(0, seconds - LOOP_PROBE_MS / 1000));
        }
        delay.reset();
      },
    });
  }
}
