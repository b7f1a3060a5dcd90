/**
 * All appends of this gateway to one storage node, over one long-lived stream: what one event-loop turn brings goes out
 * as one message. Outcomes are definite unless the stream broke or the deadline passed while an append was on its way.
 */
import { assert, TransitMap, type Clock, type TimerHandle } from "@millrace/base";
import type {
  Append,
  AppendBatch,
  AppendResult__Output,
  AppendResultBatch__Output,
  ClientDuplexStream,
  Status,
  storageClient,
} from "@millrace/rpc";

type StorageClient = ReturnType<typeof storageClient>;
type AppendCall = ClientDuplexStream<AppendBatch, AppendResultBatch__Output>;

/** How an append ended: a status of the node, or what only this side can tell. */
export type AppendStatus =
  | Extract<Status, string>
  /** Never left this process. */
  | "UNREACHABLE"
  /** Sent, and no answer came: it may or may not be stored. */
  | "UNKNOWN_OUTCOME";

/** One append and what became of it. The maker fills the first half; the channel the second, then calls `done` once. */
export interface PendingAppend {
  readonly shardUid: number;
  readonly recordCount: number;
  readonly userBytes: number;
  readonly recordsCrc: number;
  readonly appendId: Buffer;
  readonly records: Buffer;
  readonly requestId: string;
  status: AppendStatus;
  baseOffset: number;
  acceptedCount: number;
  arrivalMs: number;
  leaderHint: string;
  /** Monotonic time from which on it is not waited for. */
  readonly deadlineMs: number;
  done(): void;
}

const CONNECT_TIMEOUT_MS = 1_000;
const SWEEP_MS = 250;
const MESSAGE_BYTES_MAX = 512 * 1024;
/** Appends sent and not answered. Policy when full: OVERLOADED. */
const IN_FLIGHT_MAX = 50_000;
/** Bytes queued behind a slow stream. Policy when full: OVERLOADED. */
const QUEUED_BYTES_MAX = 64 * 1024 * 1024;

/** See the file comment. */
export class AppendChannel {
  readonly #client: StorageClient;
  readonly #clock: Clock;
  readonly #inFlight = new TransitMap<number, PendingAppend>();
  #queue: PendingAppend[] = [];
  #queuedBytes = 0;
  #nextCorrelation = 1;
  #state: "idle" | "connecting" | "open" | "closed" = "idle";
  #call: AppendCall | undefined;
  #blocked = false;
  #flushScheduled = false;
  #sweeper: TimerHandle | undefined;

  constructor(client: StorageClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Appends waiting to be sent or answered. */
  get depth(): number {
    return this.#queue.length + this.#inFlight.size;
  }

  /** Takes `append` over; its `done` is called later, never within this call. */
  append(append: PendingAppend): void {
    const size = append.records.length;
    const full = this.#queue.length > 0 && this.#queuedBytes + size > QUEUED_BYTES_MAX;
    if (this.#state === "closed" || full || this.depth >= IN_FLIGHT_MAX) {
      append.status = this.#state === "closed" ? "UNREACHABLE" : "OVERLOADED";
      setImmediate(() => append.done());
      return;
    }
    this.#queue.push(append);
    this.#queuedBytes += size;
    if (this.#state === "idle") this.#connect();
    this.#scheduleFlush();
  }

  /** Gives up waiting for the appends of shards for which `moved` holds: unsent ones are UNREACHABLE, others UNKNOWN_OUTCOME. */
  abandon(moved: (shardUid: number) => boolean): void {
    const given: PendingAppend[] = [];
    for (const [correlation, pending] of this.#inFlight.entries()) {
      if (!moved(pending.shardUid)) continue;
      this.#inFlight.delete(correlation);
      pending.status = "UNKNOWN_OUTCOME";
      given.push(pending);
    }
    const kept: PendingAppend[] = [];
    for (const pending of this.#queue) {
      if (!moved(pending.shardUid)) {
        kept.push(pending);
        continue;
      }
      this.#queuedBytes -= pending.records.length;
      pending.status = "UNREACHABLE";
      given.push(pending);
    }
    this.#queue = kept;
    for (const pending of given) pending.done();
  }

  /** Ends the stream. What is unsent is UNREACHABLE, what is unanswered UNKNOWN_OUTCOME. Idempotent. */
  close(): void {
    if (this.#state === "closed") return;
    const call = this.#call;
    this.#drop();
    this.#state = "closed";
    this.#sweeper?.cancel();
    this.#failQueue();
    call?.cancel();
  }

  #connect(): void {
    this.#state = "connecting";
    // gRPC takes a wall-clock date.
    this.#client.waitForReady(this.#clock.nowMs() + CONNECT_TIMEOUT_MS, (error) => {
      if (this.#state !== "connecting") return;
      if (error) {
        this.#state = "idle";
        this.#failQueue();
        return;
      }
      this.#open();
      this.#flush();
    });
  }

  #open(): void {
    const call = this.#client.append();
    this.#call = call;
    this.#state = "open";
    this.#blocked = false;
    const broken = (): void => {
      if (this.#call !== call) return;
      this.#drop();
      this.#failQueue();
    };
    call.on("data", (batch: AppendResultBatch__Output) => {
      for (const result of batch.results) this.#settle(result);
    });
    call.on("drain", () => {
      this.#blocked = false;
      this.#flush();
    });
    call.on("error", broken);
    call.on("end", broken);
    this.#scheduleSweep();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#state !== "open" || this.#queue.length === 0 || this.#blocked) return;
    let next = 0;
    while (next < this.#queue.length && !this.#blocked) {
      const appends: Append[] = [];
      let bytes = 0;
      while (next < this.#queue.length && (bytes === 0 || bytes < MESSAGE_BYTES_MAX)) {
        const pending = this.#queue[next];
        assert(pending !== undefined, "the index is inside the queue");
        next += 1;
        bytes += pending.records.length;
        appends.push(this.#message(pending));
      }
      this.#queuedBytes -= bytes;
      this.#blocked = this.#call?.write({ appends }) === false;
    }
    this.#queue = next === this.#queue.length ? [] : this.#queue.slice(next);
  }

  #message(pending: PendingAppend): Append {
    const correlation = this.#nextCorrelation;
    this.#nextCorrelation += 1;
    this.#inFlight.set(correlation, pending);
    return {
      correlation,
      shardUid: pending.shardUid,
      recordCount: pending.recordCount,
      userBytes: pending.userBytes,
      recordsCrc: pending.recordsCrc,
      appendId: pending.appendId,
      records: pending.records,
      requestId: pending.requestId,
    };
  }

  #settle(result: AppendResult__Output): void {
    const pending = this.#inFlight.get(result.correlation);
    // Its deadline has passed or its leader was replaced, and its maker was told so.
    if (pending === undefined) return;
    this.#inFlight.delete(result.correlation);
    pending.status = result.status;
    pending.baseOffset = result.baseOffset;
    pending.acceptedCount = result.acceptedCount;
    pending.arrivalMs = result.arrivalMs;
    pending.leaderHint = result.leaderHint;
    pending.done();
  }

  #drop(): void {
    this.#call = undefined;
    this.#state = "idle";
    const lost = this.#inFlight.entries();
    this.#inFlight.clear();
    for (const [, pending] of lost) {
      pending.status = "UNKNOWN_OUTCOME";
      pending.done();
    }
  }

  #failQueue(): void {
    const unsent = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const pending of unsent) {
      pending.status = "UNREACHABLE";
      pending.done();
    }
  }

  #scheduleSweep(): void {
    this.#sweeper?.cancel();
    this.#sweeper = this.#clock.schedule(SWEEP_MS, () => {
      const nowMs = this.#clock.monotonicMs();
      for (const [correlation, pending] of this.#inFlight.entries()) {
        if (pending.deadlineMs > nowMs) continue;
        this.#inFlight.delete(correlation);
        pending.status = "UNKNOWN_OUTCOME";
        pending.done();
      }
      if (this.#state === "open") this.#scheduleSweep();
    });
  }
}
