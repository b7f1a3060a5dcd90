/** How a worker leaves: within a deadline, and again while the store does not answer. Pure. */
import type { LeaseGrant } from "../lease/lease.ts";

/** Between two attempts: a broken connection to the store is back soon, or not in time. */
const RETRY_MS = 100;

/** What is given back with the leaving: leases whose consumers did not drain in time. */
export type LeftLeases = readonly (LeaseGrant & { readonly to: string | undefined })[];

/** See the file comment. Times are monotonic milliseconds. */
export class Departure {
  #deadlineMs = Infinity;
  #attemptMs = Infinity;
  #leases: LeftLeases = [];

  /** By when this worker is to be gone; Infinity while it is not to leave. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** When the next attempt is due; Infinity while the answer to one is awaited. */
  get nextMs(): number {
    return this.#attemptMs;
  }

  until(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
  }

  /** All that could drain has drained: an attempt is due now. */
  begin(now: number, leases: LeftLeases): void {
    this.#leases = leases;
    this.#attemptMs = now;
  }

  isDue(now: number): boolean {
    return now >= this.#attemptMs;
  }

  /** An attempt is on its way; what it gives back. */
  sent(): LeftLeases {
    this.#attemptMs = Infinity;
    return this.#leases;
  }

  /** The attempt failed. Answers whether another follows: not after the deadline, nor after `heldUntilMs`, when nothing is held any more. */
  retry(now: number, heldUntilMs: number): boolean {
    const nextMs = now + RETRY_MS;
    if (nextMs >= Math.min(this.#deadlineMs, heldUntilMs)) return false;
    this.#attemptMs = nextMs;
    return true;
  }
}
