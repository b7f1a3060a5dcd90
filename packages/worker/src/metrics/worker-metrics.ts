/** What a worker tells Prometheus, in a registry of the application's. The only file of this package that knows prom-client. */
import type { ServiceError } from "@millrace/base";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ConsumeEvent } from "../handler/consume-event.ts";
import type { Lease } from "../lease/lease.ts";
import type { SessionEnd } from "../lease/lease-session.ts";

export type { Registry };

/** Upper bounds in seconds: 1 ms to 30 s. */
const LATENCY_BUCKETS_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/** Metrics of every worker that shares `registry`; names begin with `millrace_worker_`. */
export class WorkerMetrics {
  readonly #registry: Registry;
  readonly #iteratorAge: Gauge;
  readonly #heldLeases: Gauge;
  readonly #leaseMoves: Counter;
  readonly #records: Counter;
  readonly #bytes: Counter;
  readonly #batches: Counter;
  readonly #handlerSeconds: Histogram;
  readonly #retries: Counter;
  readonly #deadLetters: Counter;
  readonly #deadLetterFailures: Counter;
  readonly #throttled: Counter;
  readonly #readFailures: Counter;
  readonly #reopened: Counter;
  readonly #malformed: Counter;
  readonly #strays: Counter;
  readonly #checkpointSeconds: Histogram;
  readonly #checkpointFailures: Counter;
  readonly #heartbeatSeconds: Histogram;
  readonly #errors: Counter;

  constructor(registry: Registry) {
    this.#registry = registry;
    const shard = ["stream", "shard"];
    this.#iteratorAge = this.#gauge("iterator_age_seconds", "How far the last read was behind the tip.", shard);
    this.#heldLeases = this.#gauge("held_leases", "Leases held now.", ["stream"]);
    this.#leaseMoves = this.#counter("lease_moves_total", "Leases gained, and lost by how.", ["stream", "move"]);
    this.#records = this.#counter("records_total", "Records handled.", ["stream"]);
    this.#bytes = this.#counter("read_bytes_total", "Bytes of record data read.", ["stream"]);
    this.#batches = this.#counter("batches_total", "Handler calls that ended well.", ["stream"]);
    this.#handlerSeconds = this.#histogram("handler_seconds", "Duration of handler calls that ended well.");
    this.#retries = this.#counter("retries_total", "Handler calls that failed and were or will be repeated.", [
      "stream",
    ]);
    this.#deadLetters = this.#counter("dead_letters_total", "Records given up to the dead letter sink.", ["stream"]);
    this.#deadLetterFailures = this.#counter(
      "dead_letter_failures_total",
      "Dead letters that could not be written; they are tried again.",
      ["stream"],
    );
    this.#throttled = this.#counter("throttled_total", "Reads refused because of a rate limit.", ["stream"]);
    this.#readFailures = this.#counter("read_failures_total", "Reads that failed; they are repeated.", ["stream"]);
    this.#reopened = this.#counter("reopened_total", "Iterators and subscriptions opened again, by why.", [
      "stream",
      "reason",
    ]);
    this.#malformed = this.#counter(
      "malformed_records_total",
      "Records that began like an aggregate or compressed and are none: delivered as they are.",
      ["stream"],
    );
    this.#strays = this.#counter(
      "stray_records_total",
      "Records in aggregates that a reshard overtook: dropped, because their producer sends them again.",
      ["stream"],
    );
    this.#checkpointSeconds = this.#histogram("checkpoint_seconds", "Duration of stored checkpoints.");
    this.#checkpointFailures = this.#counter("checkpoint_failures_total", "Checkpoints that were not stored.", [
      "stream",
    ]);
    this.#heartbeatSeconds = this.#histogram(
      "heartbeat_seconds",
      "Duration of answered heartbeats to the lease store.",
    );
    this.#errors = this.#counter("errors_total", "Requests to store or service that failed.", ["task", "code"]);
  }

  gained({ stream }: Lease): void {
    this.#leaseMoves.inc({ stream, move: "gained" });
    this.#heldLeases.inc({ stream });
  }

  lost({ stream, shardId }: Lease, end: SessionEnd): void {
    this.#leaseMoves.inc({ stream, move: end });
    this.#heldLeases.dec({ stream });
    this.#iteratorAge.remove({ stream, shard: shardId });
  }

  heartbeat(durationMs: number): void {
    this.#heartbeatSeconds.observe(durationMs / 1000);
  }

  failed(error: ServiceError, task: string): void {
    // Tasks name a stream or shard after a blank: no label of its own.
    this.#errors.inc({ task: task.split(" ", 1)[0] ?? task, code: error.code });
  }

  consumed(event: ConsumeEvent): void {
    const { stream, shardId } = event;
    switch (event.kind) {
      case "read":
        this.#iteratorAge.set({ stream, shard: shardId }, event.millisBehindLatest / 1000);
        return this.#bytes.inc({ stream }, event.bytes);
      case "handled":
        this.#records.inc({ stream }, event.records);
        this.#batches.inc({ stream });
        return this.#handlerSeconds.observe(event.durationMs / 1000);
      case "attempt-failed":
        this.#records.inc({ stream }, event.handled);
        return this.#retries.inc({ stream });
      case "dead-lettered":
        return this.#deadLetters.inc({ stream }, event.records);
      case "dead-letter-failed":
        return this.#deadLetterFailures.inc({ stream });
      case "throttled":
        return this.#throttled.inc({ stream });
      case "read-failed":
        return this.#readFailures.inc({ stream });
      case "reopened":
        return this.#reopened.inc({ stream, reason: event.reason });
      case "malformed":
        return this.#malformed.inc({ stream });
      case "stray":
        return this.#strays.inc({ stream }, event.dropped);
      case "checkpoint-failed":
        return this.#checkpointFailures.inc({ stream });
      case "checkpointed":
        return this.#checkpointSeconds.observe(event.durationMs / 1000);
      default:
    }
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return this.#once(name, (full) => new Counter({ name: full, help, labelNames, registers: [this.#registry] }));
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return this.#once(name, (full) => new Gauge({ name: full, help, labelNames, registers: [this.#registry] }));
  }

  #histogram(name: string, help: string): Histogram {
    const buckets = LATENCY_BUCKETS_SECONDS;
    return this.#once(name, (full) => new Histogram({ name: full, help, buckets, registers: [this.#registry] }));
  }

  /** Several workers of a process share the metrics. */
  #once<M>(name: string, make: (name: string) => M): M {
    const full = `millrace_worker_${name}`;
    return (this.#registry.getSingleMetric(full) as M | undefined) ?? make(full);
  }
}
