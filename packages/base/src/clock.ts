/** The one seam for time. The real one is `realClock`; tests and the simulator bring their own. */
export interface Clock {
  /** Wall clock in milliseconds since the epoch. May jump. */
  nowMs(): number;
  /** Monotonic milliseconds from an arbitrary start. Never goes back. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. The returned handle cancels it; cancelling twice is harmless. */
  schedule(delayMs: number, callback: () => void): TimerHandle;
}

/** A scheduled callback that can be cancelled. */
export interface TimerHandle {
  cancel(): void;
}

/** Resolves after `delayMs` on `clock`, or at once when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = clock.schedule(delayMs, finish);
    function finish(): void {
      timer.cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    }
    signal?.addEventListener("abort", finish, { once: true });
  });
}
