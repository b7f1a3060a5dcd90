/** What the coordinator remembers of one taking of a lease by this worker. */
import { comparePositions, type RecordPosition } from "../lease/checkpoint.ts";
import type { Lease, LeaseGrant } from "../lease/lease.ts";
import type { SessionEnd } from "../lease/lease-session.ts";

/** Weight of the newest measurement in a rate. */
const SMOOTHING = 0.5;
/** A rate is told to others when it differs by this share of what they know. */
const RATE_CHANGE = 0.2;
/** Below this (bytes per second) differences are not worth telling. */
const RATE_FLOOR = 1_024;

/** `pausing`: its consumer failed and the lease rests. `ended`: its signal is aborted; the consumer has not settled yet. */
export type SessionState = "running" | "draining" | "pausing" | "ended";

/** See the file comment. */
export class HeldSession {
  readonly lease: Lease;
  readonly grant: LeaseGrant;
  state: SessionState = "running";
  /** Set when it is known how it ends. */
  end: SessionEnd | undefined;
  /** Draining must be done, or a pause is over. */
  deadlineMs: number = Infinity;
  lastProgressMs: number;
  lastPosition: RecordPosition | undefined;
  #bytes = 0;
  #measuredMs: number;
  #rate: number;
  #toldRate: number;

  constructor(lease: Lease, now: number) {
    this.lease = lease;
    this.grant = { key: lease.key, incarnation: lease.incarnation ?? "", fencingToken: lease.fencingToken };
    this.lastProgressMs = now;
    this.#measuredMs = now;
    this.#rate = lease.bytesPerSecond;
    this.#toldRate = lease.bytesPerSecond;
  }

  get isHeld(): boolean {
    return this.state !== "ended";
  }

  progress(bytes: number, now: number): void {
    this.lastProgressMs = now;
    this.#bytes += bytes;
  }

  stored(position: RecordPosition): void {
    if (this.lastPosition === undefined || comparePositions(position, this.lastPosition) > 0)
      this.lastPosition = position;
  }

  /** Measures over at least `periodMs`; the new rate when others should know it. */
  newRate(now: number, periodMs: number): number | undefined {
    const elapsedMs = now - this.#measuredMs;
    if (elapsedMs < periodMs) return undefined;
    const measured = (this.#bytes * 1000) / elapsedMs;
    this.#rate = SMOOTHING * measured + (1 - SMOOTHING) * this.#rate;
    this.#bytes = 0;
    this.#measuredMs = now;
    const differs = Math.abs(this.#rate - this.#toldRate);
    if (differs < RATE_FLOOR || differs < RATE_CHANGE * this.#toldRate) return undefined;
    this.#toldRate = Math.round(this.#rate);
    return this.#toldRate;
  }
}
