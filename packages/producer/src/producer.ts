/** The producer: promises, timers and requests around {@link ProducerCore}. */
import { realClock, realRandom, sleep, type Clock, type Random, type TimerHandle } from "@millrace/base";
import { AbortWatch } from "./abort-watch.ts";
import type { PendingRecord, PutResult } from "./core/pending-record.ts";
import { ProducerCore } from "./core/producer-core.ts";
import type { ProducerCounts } from "./core/producer-counts.ts";
import { completeSettings, type ProducerSettings } from "./core/producer-settings.ts";
import type { PutBatch } from "./core/put-batch.ts";
import { ProducerError, type ProducerErrorCode } from "./producer-error.ts";
import { recordFault, type ProducerRecord } from "./producer-record.ts";
import { registerMetrics, type MetricsOptions } from "./producer-metrics.ts";
import { kinesisTransport, type KinesisClient } from "./transport/kinesis-transport.ts";
import { TransportError, type PutTransport } from "./transport/put-transport.ts";

/** Where records go: a client of the AWS SDK with the stream's name or ARN, or any other transport. */
export type ProducerTarget =
  | { readonly client: KinesisClient; readonly stream: string }
  | { readonly transport: PutTransport };

/** Settings (see {@link ProducerSettings} and its defaults) and what the producer is connected to. */
export type ProducerOptions = ProducerTarget &
  Partial<ProducerSettings> & {
    /** Aborting it ends the producer at once: everything waiting fails with ABORTED. */
    readonly signal?: AbortSignal;
    /** Where to register metrics. */
    readonly metrics?: MetricsOptions;
    readonly clock?: Clock;
    readonly random?: Random;
  };

/** Of one put. */
export interface PutOptions {
  /** In place of the producer's {@link ProducerSettings.ttlMs}. */
  readonly ttlMs?: number;
  /** Aborting it gives the record up with ABORTED; if it was on its way, it may be stored. */
  readonly signal?: AbortSignal;
}

/** How much a producer holds at this moment. */
export interface ProducerLoad {
  readonly bufferedRecords: number;
  /** With 256 bytes for each record beside its own. */
  readonly bufferedBytes: number;
  readonly requestsInFlight: number;
}

const CLOSE_TIMEOUT_MS = 60_000;
const noOptions: PutOptions = {};

/** Puts records to one stream. See the package's documentation for what it promises. */
export class Producer {
  readonly settings: ProducerSettings;
  readonly #transport: PutTransport;
  readonly #clock: Clock;
  readonly #core: ProducerCore;
  /** Fires when the producer ends, however it does. */
  readonly #ended = new AbortController();
  readonly #aborts = new AbortWatch();
  /** Calls to the service, to be aborted when the producer ends. */
  readonly #underWay = new Set<AbortController>();
  /** What all who wait for room wait for. */
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #flushing: { readonly number: number; readonly promise: Promise<void> } | undefined;
  #timer: TimerHandle | undefined;
  #timerDueMs = Infinity;
  #closed: ProducerErrorCode | undefined;

  /** Throws INVALID when a setting is out of its bounds. Connects to nothing before the first put. */
  constructor(options: ProducerOptions) {
    this.settings = completeSettings(options);
    this.#transport = "transport" in options ? options.transport : kinesisTransport(options.client, options.stream);
    this.#clock = options.clock ?? realClock;
    this.#core = new ProducerCore(this.settings, options.random ?? realRandom);
    if (options.metrics !== undefined) {
      this.#ended.signal.addEventListener("abort", registerMetrics(options.metrics, this), { once: true });
    }
    const { signal } = options;
    if (signal?.aborted === true) this.#end("ABORTED", "the producer was aborted", signal.reason);
    signal?.addEventListener("abort", () => this.#end("ABORTED", "the producer was aborted", signal.reason), {
      once: true,
      signal: this.#ended.signal,
    });
  }

  /** What it has done so far. Live: read it, do not keep it. */
  get counts(): Readonly<ProducerCounts> {
    return this.#core.counts;
  }

  /** What it holds now. */
  get load(): ProducerLoad {
    const { records, bytes } = this.#core.ledger;
    return { bufferedRecords: records, bufferedBytes: bytes, requestsInFlight: this.#core.requestsInFlight };
  }

  /** How long ago the oldest record it holds was put; 0 when it holds none. Looks at every record: ask now and then, not for each put. */
  get oldestRecordAgeMs(): number {
    const arrivedMs = this.#core.oldestArrivedMs;
    return arrivedMs === undefined ? 0 : this.#clock.monotonicMs() - arrivedMs;
  }

  /**
   * Puts one record. Resolves when it is stored; rejects with a {@link ProducerError} and nothing else. Takes the record at
   * once: who puts faster than the stream takes should await {@link ready} in between, or gets BUFFER_FULL.
   */
  put(record: ProducerRecord, options: PutOptions = noOptions): Promise<PutResult> {
    return new Promise((resolve, reject) => this.#put(record, options, resolve, reject));
  }

  /** Whether less than half of the buffer is in use. */
  get hasRoom(): boolean {
    return this.#core.ledger.hasRoom;
  }

  /** Resolves as soon as {@link hasRoom}; at once when that is so already. */
  ready(): Promise<void> {
    if (this.#core.ledger.hasRoom || this.#closed !== undefined) return Promise.resolve();
    this.#room ??= waiting();
    return this.#room.promise;
  }

  /** Resolves when everything put before is stored or given up. Does not reject: each put tells its own outcome. */
  flush(): Promise<void> {
    const { lastNumber: number } = this.#core.ledger;
    if (this.#flushing?.number !== number) {
      this.#flushing = { number, promise: new Promise((resolve) => this.#core.flush(resolve)) };
      this.#poll();
    }
    return this.#flushing.promise;
  }

  /**
   * Takes no more records, and resolves when all that were taken are stored or given up. What is left after `timeoutMs` fails
   * with CLOSED. The SDK client is left as it is.
   */
  async close(timeoutMs: number = CLOSE_TIMEOUT_MS): Promise<void> {
    this.#closed ??= "CLOSED";
    await Promise.race([this.flush(), sleep(this.#clock, timeoutMs, this.#ended.signal)]);
    this.#end("CLOSED", `not stored when the producer was closed`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #put(
    record: ProducerRecord,
    { signal, ttlMs = this.settings.ttlMs }: PutOptions,
    resolve: PendingRecord["resolve"],
    reject: PendingRecord["reject"],
  ): void {
    const refusal = this.#refusal(record, ttlMs, signal);
    if (refusal !== undefined) return reject(refusal);
    const data = typeof record.data === "string" ? Buffer.from(record.data) : record.data;
    const bytes = data.length + Buffer.byteLength(record.partitionKey);
    const overflow = this.#overflow(bytes);
    if (overflow !== undefined) return reject(overflow);
    const nowMs = this.#clock.monotonicMs();
    const { ledger } = this.#core;
    const pending: PendingRecord = {
      partitionKey: record.partitionKey,
      explicitHashKey: record.explicitHashKey,
      data,
      number: ledger.lastNumber + 1,
      bytes,
      arrivedMs: nowMs,
      deadlineMs: nowMs + ttlMs,
      resolve,
      reject,
      stopWatching: undefined,
      attempts: 0,
      mayBeStored: false,
      lastFailure: "",
      settled: false,
    };
    if (signal !== undefined) {
      pending.stopWatching = this.#aborts.watch(signal, () => {
        pending.mayBeStored ||= pending.attempts > 0;
        ledger.giveUp(pending, "ABORTED", "the put was aborted", signal.reason);
        this.#tellRoom();
      });
    }
    const pollAtMs = this.#core.put(pending, nowMs);
    if (pollAtMs <= nowMs) this.#poll();
    else this.#arm(pollAtMs);
  }

  #refusal(record: ProducerRecord, ttlMs: number, signal: AbortSignal | undefined): ProducerError | undefined {
    if (this.#closed !== undefined) return new ProducerError(this.#closed, "the producer takes no more records");
    if (signal?.aborted === true) return new ProducerError("ABORTED", "the put was aborted", { cause: signal.reason });
    return recordFault(record, ttlMs);
  }

  /** Why a record of `bytes` is too much, or undefined. */
  #overflow(bytes: number): ProducerError | undefined {
    const { recordBytesMax } = this.settings;
    if (bytes > recordBytesMax) {
      return new ProducerError("INVALID", `a record is at most ${recordBytesMax} bytes with its key, not ${bytes}`);
    }
    if (this.#core.ledger.accepts(bytes)) return undefined;
    return new ProducerError("BUFFER_FULL", "the buffer is full: await ready() between puts");
  }

  /** Does what the core says, now and again when it says. */
  #poll(): void {
    if (this.#ended.signal.aborted) return;
    const { send, list, wakeAtMs } = this.#core.poll(this.#clock.monotonicMs());
    for (const batch of send) void this.#send(batch);
    if (list) void this.#list();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    this.#arm(wakeAtMs);
    this.#tellRoom();
  }

  #arm(dueMs: number): void {
    if (dueMs >= this.#timerDueMs || this.#ended.signal.aborted) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = this.#clock.schedule(Math.max(0, dueMs - this.#clock.monotonicMs()), () => {
      this.#timer = undefined;
      this.#timerDueMs = Infinity;
      this.#poll();
    });
  }

  async #send(batch: PutBatch): Promise<void> {
    const beginMs = this.#clock.monotonicMs();
    const entries = batch.parts.flatMap((part) => part.entries.map(({ entry }) => entry));
    const tried = { invocationId: batch.invocationId, attempt: batch.failures + 1 };
    const outcome = await this.#call((signal) => this.#transport.putRecords(entries, tried, signal));
    const nowMs = this.#clock.monotonicMs();
    const seconds = (nowMs - beginMs) / 1_000;
    if (outcome instanceof TransportError) this.#core.failed(batch, outcome, seconds, nowMs);
    else this.#core.answered(batch, outcome, seconds, nowMs);
    this.#poll();
  }

  async #list(): Promise<void> {
    const outcome = await this.#call((signal) => this.#transport.listShards(signal));
    const nowMs = this.#clock.monotonicMs();
    if (outcome instanceof TransportError) this.#core.listFailed(outcome, nowMs);
    else this.#core.listed(outcome, nowMs);
    this.#poll();
  }

  /** One call with its deadline. What is no {@link TransportError} is a defect of the transport, and tells nothing about the outcome. */
  async #call<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T | TransportError> {
    const { requestTimeoutMs } = this.settings;
    const abort = new AbortController();
    this.#underWay.add(abort);
    let timer: TimerHandle | undefined;
    try {
      return await Promise.race([
        call(abort.signal),
        new Promise<never>((_, reject) => {
          timer = this.#clock.schedule(requestTimeoutMs, () => {
            const message = `no answer within ${requestTimeoutMs} ms`;
            reject(new TransportError("unavailable", "RequestTimeout", message));
            abort.abort();
          });
        }),
      ]);
    } catch (error) {
      if (error instanceof TransportError) return error;
      return new TransportError("unavailable", "UnexpectedError", String(error), error);
    } finally {
      timer?.cancel();
      this.#underWay.delete(abort);
    }
  }

  #tellRoom(): void {
    if (this.#room === undefined || !this.#core.ledger.hasRoom) return;
    this.#room.resolve();
    this.#room = undefined;
  }

  #end(code: ProducerErrorCode, message: string, cause?: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#closed = code;
    this.#core.cancelAll(code, message, cause);
    this.#ended.abort();
    for (const call of this.#underWay) call.abort();
    this.#timer?.cancel();
    this.#tellRoom();
  }
}

/** A promise and what resolves it. */
function waiting(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: (() => void) | undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve: () => resolve?.() };
}
