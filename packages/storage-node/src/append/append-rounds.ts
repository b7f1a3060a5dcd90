/**
 * Group commit across the whole path: while rounds of frames are on their way to a quorum, small appends gather, so that
 * the cost of a round (a journal batch on three nodes and the messages between them) is shared by more of them the
 * busier the node is. A light load never waits, and neither do bytes enough to be worth a round of their own.
 *
 * Invariant: a round counts from its building until its last frame is committed or abandoned, but nobody waits for one
 * longer than {@link PATIENCE_MS}: a shard without a quorum must not slow the others down.
 */
import type { Clock, TimerHandle } from "@millrace/base";

/** One more than one, so that a round is gathered and sent while the one before is being acknowledged. */
const ROUNDS_MAX = 2;
/** Gathered bytes that are sent without waiting: beyond this, sharing saves little. */
const EAGER_BYTES = 128 * 1024;
const PATIENCE_MS = 5;

/** The frames built together at one moment. */
export interface AppendRound {
  framesInFlight: number;
}

/** See the file comment. */
export class AppendRounds {
  readonly #clock: Clock;
  readonly #build: () => void;
  #inFlight = 0;
  #gatheredBytes = 0;
  #patience: TimerHandle | undefined;
  #current: AppendRound = { framesInFlight: 0 };

  /** `build` is called when what was held back may go. */
  constructor(clock: Clock, build: () => void) {
    this.#clock = clock;
    this.#build = build;
  }

  /** Bytes that wait to be built into frames. */
  gathered(sizeBytes: number): void {
    this.#gatheredBytes += sizeBytes;
  }

  /** Whether a round may be built now; if not, `build` is called later. */
  mayBuild(): boolean {
    if (this.#inFlight < ROUNDS_MAX || this.#gatheredBytes >= EAGER_BYTES) return true;
    this.#patience ??= this.#clock.schedule(PATIENCE_MS, () => {
      this.#patience = undefined;
      this.#inFlight = 0;
      this.#build();
    });
    return false;
  }

  /** Everything that waits is about to be built into frames. */
  begin(): void {
    this.#patience?.cancel();
    this.#patience = undefined;
    this.#gatheredBytes = 0;
    this.#current = { framesInFlight: 0 };
    this.#inFlight += 1;
  }

  /** All frames of the round are made. */
  end(): void {
    if (this.#current.framesInFlight === 0) this.#finished();
  }

  /** A frame of the round being built; give it back to {@link frameDone}. */
  frameMade(): AppendRound {
    this.#current.framesInFlight += 1;
    return this.#current;
  }

  /** A frame was committed, or its outcome will never be known here. */
  frameDone(round: AppendRound): void {
    round.framesInFlight -= 1;
    if (round.framesInFlight === 0) this.#finished();
  }

  #finished(): void {
    this.#inFlight = Math.max(0, this.#inFlight - 1);
    if (this.#gatheredBytes > 0) this.#build();
  }
}
