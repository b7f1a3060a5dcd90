/** Whether this node's clock may decide what is old: another clock must have agreed with it lately. */
import type { Clock } from "@millrace/base";

/** A wrong year must not trim a stream: clocks that differ by more than this decide nothing. */
const DIFFERENCE_MAX_MS = 60_000;
/** How long an agreement holds. */
const AGREEMENT_AGE_MAX_MS = 5 * 60_000;

/** See the file comment. Keeps one reading per peer and one of the coordinator. */
export class ClockAgreement {
  readonly #clock: Clock;
  readonly #agreedMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A peer or the coordinator said its time, in an answer that took `roundTripMs`. */
  peerSaid(who: string, theirNowMs: number, roundTripMs: number): void {
    const difference = Math.abs(theirNowMs - this.#clock.nowMs());
    if (difference <= DIFFERENCE_MAX_MS + roundTripMs) this.#agreedMs.set(who, this.#clock.monotonicMs());
    else this.#agreedMs.delete(who);
  }

  /** At least one other clock agreed within the last minutes. */
  get agreed(): boolean {
    const oldest = this.#clock.monotonicMs() - AGREEMENT_AGE_MAX_MS;
    return [...this.#agreedMs.values()].some((atMs) => atMs >= oldest);
  }
}
