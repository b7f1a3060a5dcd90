/**
 * A producer's figures in a prom-client registry, read when it is scraped. Written against the shape of prom-client's registry
 * and metrics, so that this package needs none of it: what is handed in brings its own.
 */
import type { Distribution, ProducerCounts } from "./core/producer-counts.ts";

/** The part of prom-client's `Registry` that is used; what it is given are {@link LiveMetric}s, which prom-client's types do not name. */
export interface MetricRegistry {
  registerMetric(metric: never): void;
}

/** Where to register, and what tells this producer from others in the same registry. */
export interface MetricsOptions {
  readonly registry: MetricRegistry;
  /** Values of the label `producer`; give each producer of a registry another one, e.g. the stream's name. */
  readonly name: string;
}

/** What prom-client asks a metric for. */
export interface LiveMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly aggregator: "sum";
  get(): Promise<MetricSnapshot>;
  reset(): void;
}

/** The values of a metric at one moment. */
export interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: LiveMetric["type"];
  readonly aggregator: "sum";
  readonly values: readonly Sample[];
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

/** A producer as this file sees it. */
export interface MetricsSource {
  readonly counts: Readonly<ProducerCounts>;
  readonly load: {
    readonly bufferedRecords: number;
    readonly bufferedBytes: number;
    readonly requestsInFlight: number;
  };
  readonly oldestRecordAgeMs: number;
}

type Labelled = readonly (readonly [Readonly<Record<string, string>>, number])[];

interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: LiveMetric["type"];
  readonly read: (source: MetricsSource) => number | Labelled | Distribution;
}

const PREFIX = "millrace_producer_";

const metrics: readonly Described[] = [
  counter("records_total", "Records taken by put.", ({ counts }) => counts.records),
  counter("stored_records_total", "Records stored.", ({ counts }) => counts.storedRecords),
  counter("stored_bytes_total", "Data bytes of the records stored.", ({ counts }) => counts.storedBytes),
  counter(
    "stored_kinesis_records_total",
    "Kinesis records stored: an aggregate is one.",
    ({ counts }) => counts.storedKinesisRecords,
  ),
  counter("failed_records_total", "Records given up, by the code of their error.", ({ counts }) =>
    Object.entries(counts.failedRecords).map(([code, count]) => [{ code }, count]),
  ),
  counter("requests_total", "PutRecords requests sent.", ({ counts }) => counts.requests),
  counter("request_failures_total", "Requests that failed as a whole.", ({ counts }) =>
    Object.entries(counts.requestFailures).map(([kind, count]) => [{ kind }, count]),
  ),
  counter("retries_total", "Kinesis records sent again after an answer that refused them.", ({ counts }) =>
    Object.entries(counts.retries).map(([reason, count]) => [{ reason }, count]),
  ),
  counter(
    "stray_aggregates_total",
    "Aggregates sent again because a reshard overtook them.",
    ({ counts }) => counts.strayAggregates,
  ),
  counter(
    "overtaken_total",
    "Kinesis records that were not stored although a later one of their batch was.",
    ({ counts }) => counts.overtaken,
  ),
  counter("shard_listings_total", "Listings of the stream's shards.", ({ counts }) => counts.shardListings),
  gauge("buffered_records", "Records in the producer's hands.", ({ load }) => load.bufferedRecords),
  gauge("buffered_bytes", "Bytes in the producer's hands.", ({ load }) => load.bufferedBytes),
  gauge(
    "oldest_record_seconds",
    "Age of the oldest record in the producer's hands.",
    (each) => each.oldestRecordAgeMs / 1_000,
  ),
  gauge("requests_in_flight", "Requests under way or waiting for another try.", ({ load }) => load.requestsInFlight),
  histogram("put_seconds", "From put to stored.", ({ counts }) => counts.putSeconds),
  histogram("request_seconds", "From request to answer.", ({ counts }) => counts.requestSeconds),
  histogram("request_kinesis_records", "Kinesis records in a request.", ({ counts }) => counts.requestKinesisRecords),
  histogram(
    "records_per_kinesis_record",
    "Records in a Kinesis record.",
    ({ counts }) => counts.recordsPerKinesisRecord,
  ),
];

/** The producers of each registry by name: several share its metrics. */
const registered = new WeakMap<MetricRegistry, Map<string, MetricsSource>>();

/** Registers `source`; the returned function takes it out again. A second one of the same name takes the place of the first. */
export function registerMetrics({ registry, name }: MetricsOptions, source: MetricsSource): () => void {
  let sources = registered.get(registry);
  if (sources === undefined) {
    sources = new Map();
    for (const metric of metrics) registry.registerMetric(liveMetric(metric, sources) as never);
    registered.set(registry, sources);
  }
  const known = sources.set(name, source);
  return () => {
    if (known.get(name) === source) known.delete(name);
  };
}

function liveMetric(
  { name: shortName, help, type, read }: Described,
  sources: ReadonlyMap<string, MetricsSource>,
): LiveMetric {
  const name = PREFIX + shortName;
  const described = { name, help, type, aggregator: "sum" } as const;
  return {
    ...described,
    get: () =>
      Promise.resolve({
        ...described,
        values: [...sources].flatMap(([producer, source]) => samplesOf(name, producer, read(source))),
      }),
    // The figures are the producers' own: a registry cannot make them forget what they did.
    reset: () => undefined,
  };
}

function samplesOf(name: string, producer: string, value: number | Labelled | Distribution): Sample[] {
  if (typeof value === "number") return [{ value, labels: { producer } }];
  if (!("bounds" in value)) return value.map(([labels, count]) => ({ value: count, labels: { ...labels, producer } }));
  let below = 0;
  const buckets = value.bounds.map((le, index) => {
    below += value.counts[index] ?? 0;
    return { value: below, labels: { le, producer }, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { value: value.count, labels: { le: "+Inf", producer }, metricName: `${name}_bucket` },
    { value: value.sum, labels: { producer }, metricName: `${name}_sum` },
    { value: value.count, labels: { producer }, metricName: `${name}_count` },
  ];
}

function counter(name: string, help: string, read: Described["read"]): Described {
  return { name, help, type: "counter", read };
}

function gauge(name: string, help: string, read: Described["read"]): Described {
  return { name, help, type: "gauge", read };
}

function histogram(name: string, help: string, read: Described["read"]): Described {
  return { name, help, type: "histogram", read };
}
