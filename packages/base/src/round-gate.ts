/**
 * Group commit across a whole path: while rounds of work are on their way, small pieces gather, so that the fixed cost of
 * a round (messages, a sync on three nodes) is shared by more of them the busier things are. A light load never waits,
 * and neither do bytes enough to be worth a round of their own.
 *
 * Invariant: a round counts from its beginning until its last part is done, but nobody waits for one longer than
 * {@link PATIENCE_MS}: one part that gets no answer must not slow the others down.
 */
import type { Clock, TimerHandle } from "./clock.ts";

/** One more than one, so that a round is gathered and sent while the one before is being answered. */
const ROUNDS_MAX = 2;
/** Gathered bytes that are sent without waiting: beyond this, sharing saves little. */
const EAGER_BYTES = 128 * 1024;
const PATIENCE_MS = 20;

/** Parts that were sent together at one moment. */
export interface Round {
  partsOnTheirWay: number;
}

/** See the file comment. */
export class RoundGate {
  readonly #clock: Clock;
  readonly #send: () => void;
  #onTheirWay = 0;
  #gatheredBytes = 0;
  #patience: TimerHandle | undefined;
  #current: Round = { partsOnTheirWay: 0 };

  /** `send` is called when what was held back may go. */
  constructor(clock: Clock, send: () => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Bytes that wait to be sent. */
  gathered(sizeBytes: number): void {
    this.#gatheredBytes += sizeBytes;
  }

  /** Whether a round may begin now; if not, `send` is called later. */
  mayBegin(): boolean {
    if (this.#onTheirWay < ROUNDS_MAX || this.#gatheredBytes >= EAGER_BYTES) return true;
    this.#patience ??= this.#clock.schedule(PATIENCE_MS, () => {
      this.#patience = undefined;
      this.#onTheirWay = 0;
      this.#send();
    });
    return false;
  }

  /** Everything that waits is about to be sent. */
  begin(): void {
    this.#patience?.cancel();
    this.#patience = undefined;
    this.#gatheredBytes = 0;
    this.#current = { partsOnTheirWay: 0 };
    this.#onTheirWay += 1;
  }

  /** All parts of the round are sent. */
  end(): void {
    if (this.#current.partsOnTheirWay === 0) this.#finished();
  }

  /** A part of the round being sent; give what is returned to {@link partDone}. */
  partSent(): Round {
    this.#current.partsOnTheirWay += 1;
    return this.#current;
  }

  /** A part was answered, or never will be. */
  partDone(round: Round): void {
    round.partsOnTheirWay -= 1;
    if (round.partsOnTheirWay === 0) this.#finished();
  }

  /** Forgets everything: what carried the rounds is gone. */
  reset(): void {
    this.#patience?.cancel();
    this.#patience = undefined;
    this.#onTheirWay = 0;
    this.#gatheredBytes = 0;
  }

  #finished(): void {
    this.#onTheirWay = Math.max(0, this.#onTheirWay - 1);
    if (this.#gatheredBytes > 0) this.#send();
  }
}
