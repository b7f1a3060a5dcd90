/**
 * When log reads for lagging peers may run: a few at once, no faster per peer than configured, and none for a peer whose
 * connection has not taken what was read before. So catching up starves neither readers nor live traffic, and a hung
 * peer costs bounded memory.
 *
 * Limit: one waiting read per key. Policy: a later one replaces it.
 */
import type { Clock, TimerHandle } from "@millrace/base";

/** Reads that run at once; each may take several turns of the worker threads that also write the journal. */
const RUNNING_MAX = 2;
/** A peer may be ahead of its rate by what it takes in this time. */
const BURST_MS = 20;
/** Bytes that wait for a peer's connection above which nothing more is read for it. */
const QUEUED_BYTES_MAX: number = 4 * 1024 * 1024;
const LOOK_AGAIN_MS = 10;

/** What the reads work with. */
export interface CatchUpReadsParts {
  readonly clock: Clock;
  /** To one peer. */
  readonly bytesPerSecond: number;
  /** Catch-up bytes that the connection to a peer has not taken yet. */
  readonly queuedBytes: (peer: string) => number;
}

interface WaitingRead {
  readonly peer: string;
  /** Reads; answers how many bytes go to the peer. Must not reject. */
  readonly read: () => Promise<number>;
}

/** See the file comment. */
export class CatchUpReads {
  readonly #parts: CatchUpReadsParts;
  readonly #waiting = new Map<string, WaitingRead>();
  /** Until when the rate of a peer is used up. */
  readonly #busyUntilMs = new Map<string, number>();
  #running = 0;
  #timer: TimerHandle | undefined;
  #closed = false;

  constructor(parts: CatchUpReadsParts) {
    this.#parts = parts;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  ask(key: string, waiting: WaitingRead): void {
    if (this.#closed) return;
    this.#waiting.set(key, waiting);
    this.#startSome();
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#timer?.cancel();
  }

  #startSome(): void {
    for (const [key, waiting] of this.#waiting) {
      if (this.#running >= RUNNING_MAX) return;
      if (!this.#mayRead(waiting.peer)) continue;
      this.#waiting.delete(key);
      void this.#run(waiting);
    }
    if (this.#waiting.size === 0 || this.#timer !== undefined) return;
    this.#timer = this.#parts.clock.schedule(LOOK_AGAIN_MS, () => {
      this.#timer = undefined;
      this.#startSome();
    });
  }

  #mayRead(peer: string): boolean {
    const { clock, queuedBytes } = this.#parts;
    const aheadMs = (this.#busyUntilMs.get(peer) ?? 0) - clock.monotonicMs();
    if (aheadMs <= 0) this.#busyUntilMs.delete(peer);
    return aheadMs <= BURST_MS && queuedBytes(peer) <= QUEUED_BYTES_MAX;
  }

  async #run({ peer, read }: WaitingRead): Promise<void> {
    this.#running += 1;
    const sizeBytes = await read();
    this.#running -= 1;
    const { clock, bytesPerSecond } = this.#parts;
    const startMs = Math.max(clock.monotonicMs(), this.#busyUntilMs.get(peer) ?? 0);
    if (sizeBytes > 0) this.#busyUntilMs.set(peer, startMs + (sizeBytes * 1000) / bytesPerSecond);
    this.#startSome();
  }
}
