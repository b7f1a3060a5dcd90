/** When this worker's heartbeat is due, and until when the last one that was answered keeps its leases. Pure. */
import type { LeaseKey } from "../lease/lease.ts";

/** Heartbeats in the life of a lease: two may be lost. */
const HEARTBEATS_PER_TTL = 3;
/** After a failed request to the store the next heartbeat comes this soon, plus as much jitter. */
const RETRY_MS = 200;
/** Heartbeats asked for by others' news are this far apart, plus as much jitter: news of many come in one. */
const WAKE_GAP_MS = 100;
/** Clocks run apart a little: our leases end for us this much before they end for others, a tenth of their life at most. */
const MARGIN_MAX_MS = 1_000;

/** A heartbeat on its way. */
export interface RenewalInFlight {
  readonly sentAtMs: number;
  /** Incarnation of each lease it asks for: answers about takings that began later are not there. */
  readonly held: ReadonlyMap<LeaseKey, string>;
}

/** See the file comment. Times are monotonic milliseconds. */
export class Heartbeat {
  readonly #leaseTtlMs: number;
  readonly #jitter: () => number;
  #inFlight: RenewalInFlight | undefined;
  #dueMs = Infinity;
  #sentMs = -Infinity;
  #woken = false;
  #pictureMs = -Infinity;
  #validUntilMs = -Infinity;

  /** `jitter` draws from [0, 1). */
  constructor(leaseTtlMs: number, jitter: () => number) {
    this.#leaseTtlMs = leaseTtlMs;
    this.#jitter = jitter;
  }

  /** How often it beats when nothing happens. */
  get periodMs(): number {
    return this.#leaseTtlMs / HEARTBEATS_PER_TTL;
  }

  /** How old our picture of the table is: when the last answered heartbeat was sent. */
  get pictureMs(): number {
    return this.#pictureMs;
  }

  /** Our leases are ours until then, whatever happens. */
  get validUntilMs(): number {
    return this.#validUntilMs;
  }

  /** When {@link isDue} becomes true without further events; Infinity while an answer is awaited. */
  get nextMs(): number {
    return this.#inFlight === undefined ? this.#dueMs : Infinity;
  }

  /** The first one is due now. */
  start(now: number): void {
    this.#dueMs = now;
  }

  /** There is news: a heartbeat, which brings it, comes soon. */
  wake(): void {
    this.#woken = true;
  }

  /** A request to the store has failed: look again soon. */
  retry(now: number): void {
    this.#dueMs = Math.min(this.#dueMs, now + RETRY_MS * (1 + this.#jitter()));
  }

  isDue(now: number): boolean {
    if (this.#inFlight !== undefined) return false;
    if (this.#woken) {
      this.#woken = false;
      const gapMs = WAKE_GAP_MS * (1 + this.#jitter());
      this.#dueMs = Math.min(this.#dueMs, Math.max(now, this.#sentMs + gapMs));
    }
    return now >= this.#dueMs;
  }

  sent(now: number, held: ReadonlyMap<LeaseKey, string>): void {
    this.#sentMs = now;
    this.#inFlight = { sentAtMs: now, held };
  }

  /** The answer to the one on its way has come; undefined when none is. */
  answered(): RenewalInFlight | undefined {
    const renewal = this.#inFlight;
    if (renewal === undefined) return undefined;
    this.#inFlight = undefined;
    // Counted from the sending: the store began to count no earlier.
    this.#pictureMs = renewal.sentAtMs;
    this.#validUntilMs = renewal.sentAtMs + this.#leaseTtlMs - Math.min(MARGIN_MAX_MS, this.#leaseTtlMs / 10);
    this.#dueMs = renewal.sentAtMs + this.periodMs * (1 - 0.1 * this.#jitter());
    return renewal;
  }

  failed(now: number): void {
    this.#inFlight = undefined;
    this.#dueMs = now + RETRY_MS * (1 + this.#jitter());
  }
}
