/** Time that moves only when a test says so. */
import type { Clock, TimerHandle } from "@millrace/base";

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until {@link advance}. Wall clock and monotonic clock move together, except by {@link jump}. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  schedule(delayMs: number, callback: () => void): TimerHandle {
    const timer = { dueMs: this.#monotonicMs + Math.max(delayMs, 0), order: (this.#order += 1), callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Timers that have not fired or been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time by `deltaMs` and fires what falls due, in order of time, then of scheduling; each sees its own due time. */
  advance(deltaMs: number): void {
    const endMs = this.#monotonicMs + deltaMs;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#moveTo(Math.max(next.dueMs, this.#monotonicMs));
      this.#timers.delete(next);
      next.callback();
    }
    this.#moveTo(endMs);
  }

  /** Like {@link advance}, but lets promises settle after every timer and at the end. */
  async advanceAsync(deltaMs: number): Promise<void> {
    const endMs = this.#monotonicMs + deltaMs;
    await settled();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#moveTo(Math.max(next.dueMs, this.#monotonicMs));
      this.#timers.delete(next);
      next.callback();
      await settled();
    }
    this.#moveTo(endMs);
  }

  /** Moves the wall clock alone, forward or back, as an administrator or a bad time server would. */
  jump(deltaMs: number): void {
    this.#wallMs += deltaMs;
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (first === undefined || timer.dueMs < first.dueMs) first = timer;
      else if (timer.dueMs === first.dueMs && timer.order < first.order) first = timer;
    }
    return first;
  }
}

/** After a turn of the event loop every promise that could settle has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
