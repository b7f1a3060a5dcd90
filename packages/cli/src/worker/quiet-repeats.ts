/** Which messages are told again: one that keeps coming waits twice as long each time, so that an outage does not flood the terminal. Pure. */
const WAIT_MIN_MS = 10_000;
const WAIT_MAX_MS = 600_000;
/** Different messages remembered; beyond that all are forgotten, and told again. */
const MESSAGES_MAX = 200;

interface Told {
  readonly againMs: number;
  readonly waitMs: number;
}

/** See the file comment. */
export class QuietRepeats {
  readonly #told = new Map<string, Told>();

  /** Whether `message` is to be told at monotonic time `nowMs`. One that was silent for twice its wait is new again. */
  mayTell(message: string, nowMs: number): boolean {
    const told = this.#told.get(message);
    if (told !== undefined && nowMs < told.againMs) return false;
    if (this.#told.size >= MESSAGES_MAX) this.#told.clear();
    const isRepeated = told !== undefined && nowMs < told.againMs + told.waitMs;
    const waitMs = isRepeated ? Math.min(told.waitMs * 2, WAIT_MAX_MS) : WAIT_MIN_MS;
    this.#told.set(message, { againMs: nowMs + waitMs, waitMs });
    return true;
  }
}
