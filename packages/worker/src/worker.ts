/** A worker: takes its share of the leases of an application and gives each shard's records to the handler. */
import { hostname } from "node:os";
import { assert, realClock, realRandom, ServiceError, type Clock, type Random } from "@millrace/base";
import { withinDeadline } from "./consume/deadline-signal.ts";
import {
  coordinatorDefaults,
  type CoordinatorSettings,
  type LeasedStream,
} from "./coordination/coordinator-contract.ts";
import { LeaseHost } from "./coordination/lease-host.ts";
import type { ConsumeEvent } from "./handler/consume-event.ts";
import type { Handler } from "./handler/handler.ts";
import { defaultConsumeOptions, shardConsumer, type ConsumeOptions } from "./handler/shard-consumer.ts";
import { explainedSources, explainReadError } from "./kinesis/explain-read-error.ts";
import { recordSources, type ReadMode } from "./kinesis/record-sources.ts";
import { ShardApi, type KinesisClient } from "./kinesis/shard-api.ts";
import type { InitialPosition } from "./lease/checkpoint.ts";
import type { Lease } from "./lease/lease.ts";
import type { LeaseStore } from "./lease/lease-store.ts";
import type { LeaseEvents } from "./lease/lease-session.ts";
import { WorkerMetrics, type Registry } from "./metrics/worker-metrics.ts";
import type { RedisTarget } from "./redis/redis-connection.ts";
import { redisLeaseStore } from "./redis/redis-lease-store.ts";
import { processWarning, warnUnheard } from "./warn-unheard.ts";

/** Least time to live of a lease: three heartbeats of which each may take a second. */
const LEASE_TTL_MIN_MS = 3_000;
const SHUTDOWN_TIMEOUT_MS = 25_000;
const LISTING_TIMEOUT_MS = 30_000;

/** What an application may want to hear. Callbacks must not throw. */
export interface WorkerHooks extends LeaseEvents {
  /** Everything that happens while shards are read. */
  onEvent?(event: ConsumeEvent): void;
  /**
   * A request to the lease store or the service, or a consumer, failed; it will be tried again. `task` says which.
   * Without this hook the process warns, once per kind of error.
   */
  onError?(error: ServiceError, task: string): void;
}

/** What a worker is made of. */
export interface WorkerOptions {
  /** Workers with the same name (and lease store) share the work. Letters, digits, `.`, `_`, `-`. */
  readonly application: string;
  /** Any `KinesisClient` of AWS SDK v3. The caller's to destroy. */
  readonly client: KinesisClient;
  /** Names or ARNs; with an initial position of its own where it differs from {@link initialPosition}. */
  readonly streams: readonly (string | LeasedStream)[];
  readonly handler: Handler;
  /** Where leases and checkpoints live: a Redis, or any store, e.g. `new MemoryLeaseStore().connect()`. */
  readonly leases: { readonly redis: RedisTarget; readonly keyPrefix?: string } | LeaseStore;
  /** Where to begin a stream without checkpoints. TRIM_HORIZON when not given: nothing is left out. */
  readonly initialPosition?: InitialPosition;
  /** Polling unless told otherwise. */
  readonly read?: ReadMode;
  readonly consume?: Partial<ConsumeOptions>;
  readonly coordination?: Partial<Omit<CoordinatorSettings, "worker" | "streams">>;
  /** First part of this worker's name; the machine's name when not given. */
  readonly name?: string;
  /** A prom-client registry. */
  readonly metrics?: Registry;
  readonly hooks?: WorkerHooks;
  /** How long {@link Worker.stop} lets handlers finish. */
  readonly shutdownTimeoutMs?: number;
  /** Stops the worker when it aborts. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** See the file comment. Begins with {@link run}. */
export class Worker {
  /** Unique to this start: what `millrace workers` shows. */
  readonly id: string;
  readonly #options: WorkerOptions;
  readonly #store: LeaseStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #metrics: WorkerMetrics | undefined;
  #host: LeaseHost | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;

  /** Errors: USAGE for settings that cannot work. */
  constructor(options: WorkerOptions) {
    const { leases, application, clock = realClock, random = realRandom, name = hostname() } = options;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.id = `${name}-${random.uuid().slice(0, 8)}`;
    this.#metrics = options.metrics === undefined ? undefined : new WorkerMetrics(options.metrics);
    if (options.streams.length === 0) throw new ServiceError("USAGE", "a worker reads at least one stream");
    const { leaseTtlMs } = { ...coordinatorDefaults, ...options.coordination };
    if (leaseTtlMs < LEASE_TTL_MIN_MS) {
      throw new ServiceError("USAGE", `a lease lives for at least ${LEASE_TTL_MIN_MS} ms, not ${leaseTtlMs}`);
    }
    this.#store = "redis" in leases ? redisLeaseStore({ application, ...leases }, random) : leases;
  }

  /** The leases held now. */
  get held(): readonly Lease[] {
    return this.#host?.held ?? [];
  }

  /**
   * Works until it is stopped. Rejects with CONFLICT when the lease store has lost its data: starting again would begin every
   * shard at its initial position, which is for a person to decide.
   */
  run(): Promise<void> {
    this.#running ??= this.#work();
    return this.#running;
  }

  /**
   * Lets handlers finish what they have, stores checkpoints and gives the leases to the others. Resolves when that is done. A worker that is
   * stopped before it runs does not begin.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#host?.stop(this.#options.shutdownTimeoutMs ?? SHUTDOWN_TIMEOUT_MS);
  }

  async #work(): Promise<void> {
    const { client, handler, read, consume, signal } = this.#options;
    if (this.#stopped || signal?.aborted === true) return await this.#store.close();
    const observe = (event: ConsumeEvent): void => {
      this.#metrics?.consumed(event);
      this.#options.hooks?.onEvent?.(event);
    };
    const [clock, random] = [this.#clock, this.#random];
    const api = new ShardApi(client);
    const { application } = this.#options;
    const sources = recordSources(client, read ?? { kind: "polling" }, clock, random);
    const openSource = explainedSources(sources, client, application);
    const options = { ...defaultConsumeOptions, ...consume };
    this.#host = new LeaseHost({
      store: this.#store,
      settings: this.#settings(),
      consumer: shardConsumer({ openSource, handler, options, clock, random, observe }),
      listShards: async (stream, aborted) => {
        try {
          return await withinDeadline(clock, LISTING_TIMEOUT_MS, aborted, (limited) => api.listShards(stream, limited));
        } catch (error) {
          throw await explainReadError(error, client, { application, stream });
        }
      },
      clock,
      random,
      events: this.#events(),
    });
    const stop = (): void => void this.stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const end = await this.#host.ended;
      if (end === "left") return;
      throw new ServiceError("CONFLICT", "the leases of this application are gone from the store", {
        ids: { reason: end },
      });
    } finally {
      signal?.removeEventListener("abort", stop);
      await this.#store.close();
    }
  }

  #settings(): CoordinatorSettings {
    const { streams, initialPosition = { type: "TRIM_HORIZON" }, coordination } = this.#options;
    const leased = streams.map((each) => (typeof each === "string" ? { stream: each, initialPosition } : each));
    assert(leased.length > 0, "the constructor has looked at the streams");
    return { ...coordinatorDefaults, ...coordination, worker: this.id, streams: leased };
  }

  #events(): ConstructorParameters<typeof LeaseHost>[0]["events"] & object {
    const { hooks } = this.#options;
    const onError = hooks?.onError?.bind(hooks) ?? warnUnheard(processWarning);
    return {
      onLeaseGained: (session) => {
        this.#metrics?.gained(session.lease);
        hooks?.onLeaseGained?.(session);
      },
      onLeaseLost: (lease, end) => {
        this.#metrics?.lost(lease, end);
        hooks?.onLeaseLost?.(lease, end);
      },
      onHeartbeat: (durationMs) => this.#metrics?.heartbeat(durationMs),
      onError: (error, task) => {
        this.#metrics?.failed(error, task);
        onError(error, task);
      },
    };
  }
}
