/** The gateway's metrics, by the names of docs/operations/metrics.md. CloudWatch's names for them are in that table. */
import type { Histogram, MetricsRegistry, Counter, Gauge } from "@millrace/runtime";
import type { PutOutcome } from "./put/put-delivery.ts";
import type { PutSource } from "./put/put-source.ts";

/** What is measured on demand. */
export interface GatewayGauges {
  readonly appendQueueDepth: () => number;
  readonly subscriptions: () => number;
  readonly connections: () => number;
  readonly heldBytes: () => number;
  /** How far behind each running subscription is. */
  readonly subscriptionLags: () => Iterable<SubscriptionLag>;
}

/** One subscription's distance from the tip of its shard. */
export interface SubscriptionLag {
  readonly stream: string;
  readonly consumer: string;
  readonly millisBehindLatest: number;
}

/** See the file comment. */
export class GatewayMetrics {
  readonly #duration: Histogram;
  readonly #durations = new Map<string, { observe(seconds: number): void }>();
  readonly #incomingBytes: Counter;
  readonly #incomingRecords: Counter;
  readonly #outgoingBytes: Counter;
  readonly #outgoingRecords: Counter;
  readonly #throttledRecords: Counter;
  readonly #throttledRequests: Counter;
  readonly #failedRecords: Counter;
  readonly #iteratorAge: Gauge;
  readonly #rejected: Counter;
  readonly #internalErrors: Counter;
  readonly #registry: MetricsRegistry;

  constructor(registry: MetricsRegistry) {
    this.#registry = registry;
    const stream = ["stream"];
    this.#duration = registry.histogram({
      name: "request_duration_seconds",
      help: "Time from a request's headers to its reply.",
      labelNames: ["operation", "code"],
    });
    this.#incomingBytes = registry.counter({ name: "incoming_bytes_total", help: "Bytes stored.", labelNames: stream });
    this.#incomingRecords = registry.counter({
      name: "incoming_records_total",
      help: "Records stored.",
      labelNames: stream,
    });
    this.#outgoingBytes = registry.counter({ name: "outgoing_bytes_total", help: "Bytes read.", labelNames: stream });
    this.#outgoingRecords = registry.counter({
      name: "outgoing_records_total",
      help: "Records read.",
      labelNames: stream,
    });
    this.#throttledRecords = registry.counter({
      name: "throttled_records_total",
      help: "Records refused by the write rate of their shard.",
      labelNames: stream,
    });
    this.#throttledRequests = registry.counter({
      name: "throttled_requests_total",
      help: "Requests refused by a limit: shard_write, shard_read or call_rate.",
      labelNames: ["limit"],
    });
    this.#failedRecords = registry.counter({
      name: "failed_records_total",
      help: "Records not stored, throttled ones included.",
      labelNames: ["code"],
    });
    this.#iteratorAge = registry.gauge({
      name: "iterator_age_seconds",
      help: "How far behind the tip the last GetRecords of a stream ended.",
      labelNames: ["stream"],
    });
    this.#rejected = registry.counter({
      name: "queue_rejected_total",
      help: "Requests and clients refused because something bounded was full.",
      labelNames: ["queue"],
    });
    this.#internalErrors = registry.counter({
      name: "internal_errors_total",
      help: "Requests that failed because of a defect.",
    });
  }

  /** Exports what only the running gateway knows. Called once. */
  watch(gauges: GatewayGauges): void {
    this.#exportSubscriptionLags(gauges.subscriptionLags);
    this.#registry.gauge({
      name: "queue_depth",
      help: "Entries waiting, by queue.",
      labelNames: ["queue"],
      collect: (gauge) => {
        gauge.set({ queue: "puts" }, gauges.appendQueueDepth());
        gauge.set({ queue: "subscriptions" }, gauges.subscriptions());
        gauge.set({ queue: "connections" }, gauges.connections());
        gauge.set({ queue: "request_bytes" }, gauges.heldBytes());
      },
    });
  }

  #exportSubscriptionLags(lags: GatewayGauges["subscriptionLags"]): void {
    this.#registry.gauge({
      name: "subscription_behind_latest_seconds",
      help: "How far behind the tip the slowest running subscription of a consumer is.",
      labelNames: ["stream", "consumer"],
      collect: (gauge) => {
        gauge.reset();
        for (const { stream, consumer, millisBehindLatest } of slowest(lags())) {
          gauge.set({ stream, consumer }, millisBehindLatest / 1000);
        }
      },
    });
  }

  /** One request. `code` is the error type, or OK. */
  request(operation: string, code: string, seconds: number): void {
    const key = `${operation}/${code}`;
    let child = this.#durations.get(key);
    if (child === undefined) {
      child = this.#duration.labels(operation, code);
      this.#durations.set(key, child);
    }
    child.observe(seconds);
    const limit = limitOf(operation, code);
    if (limit !== undefined) this.#throttledRequests.inc({ limit });
  }

  /** The outcomes of one put. */
  put(stream: string, source: PutSource, outcome: PutOutcome): void {
    let bytes = 0;
    let records = 0;
    for (let index = 0; index < source.count; index += 1) {
      const failure = outcome.failures[index];
      if (failure === undefined) {
        records += 1;
        bytes += Math.max(0, source.keyBytes(index)) + source.dataBytes(index);
      } else {
        this.#failedRecords.inc({ code: failure });
        if (failure === "THROTTLED") this.#throttledRecords.inc({ stream });
      }
    }
    if (records === 0) return;
    this.#incomingRecords.inc({ stream }, records);
    this.#incomingBytes.inc({ stream }, bytes);
  }

  /** Records handed to a reader. */
  read(stream: string, records: number, userBytes: number): void {
    if (records === 0) return;
    this.#outgoingRecords.inc({ stream }, records);
    this.#outgoingBytes.inc({ stream }, userBytes);
  }

  iteratorAge(stream: string, millisBehindLatest: number): void {
    this.#iteratorAge.set({ stream }, millisBehindLatest / 1000);
  }

  /** Forgets a stream that is gone: its name may never be used again. */
  forget(stream: string): void {
    for (const metric of [
      this.#incomingBytes,
      this.#incomingRecords,
      this.#outgoingBytes,
      this.#outgoingRecords,
      this.#throttledRecords,
      this.#iteratorAge,
    ]) {
      metric.remove({ stream });
    }
  }

  rejected(queue: string): void {
    this.#rejected.inc({ queue });
  }

  /** A request failed because of a defect of ours. */
  defect(error: unknown): void {
    this.#internalErrors.inc();
    this.#registry.countIfAssertion(error);
  }
}

/** Which limit refused a request that was answered so. */
function limitOf(operation: string, code: string): string | undefined {
  if (code === "LimitExceededException") return "call_rate";
  if (code !== "ProvisionedThroughputExceededException") return undefined;
  return operation === "PutRecord" ? "shard_write" : "shard_read";
}

/** The subscription of each consumer that is the farthest behind. */
function slowest(lags: Iterable<SubscriptionLag>): Iterable<SubscriptionLag> {
  const worst = new Map<string, SubscriptionLag>();
  for (const lag of lags) {
    const key = `${lag.stream}/${lag.consumer}`;
    if (lag.millisBehindLatest >= (worst.get(key)?.millisBehindLatest ?? 0)) worst.set(key, lag);
  }
  return worst.values();
}
