/** Whether this process's clock may decide what is old: another clock, heard of lately, must show the same time now. */
import type { Clock } from "./clock.ts";

/** A wrong year must not trim a stream: clocks that differ by more than this decide nothing. */
const DIFFERENCE_MAX_MS = 60_000;
/** A reading older than this says nothing any more. */
const READING_AGE_MAX_MS = 5 * 60_000;

interface Reading {
  readonly theirNowMs: number;
  readonly monotonicMs: number;
}

/**
 * Keeps one reading of each other process, carried forward by the monotonic clock: when this process's wall clock
 * jumps after a reading was taken, the reading no longer agrees.
 */
export class ClockAgreement {
  readonly #clock: Clock;
  readonly #readings = new Map<string, Reading>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Another process said its time, in an answer that has just arrived. */
  heard(who: string, theirNowMs: number): void {
    this.#readings.set(who, { theirNowMs, monotonicMs: this.#clock.monotonicMs() });
  }

  /** At least one other clock shows this process's time, give or take a minute. */
  get agreed(): boolean {
    const nowMs = this.#clock.nowMs();
    const monotonicMs = this.#clock.monotonicMs();
    for (const reading of this.#readings.values()) {
      const ageMs = monotonicMs - reading.monotonicMs;
      if (ageMs <= READING_AGE_MAX_MS && Math.abs(reading.theirNowMs + ageMs - nowMs) <= DIFFERENCE_MAX_MS) return true;
    }
    return false;
  }
}
