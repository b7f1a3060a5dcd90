/** Wakes subscriptions when their shard commits, closes or changes hands. */
import type { Clock } from "@millrace/base";

/** Policy when full: there is one waiter per subscription, and subscriptions are limited where they are admitted. */
export class CommitSignal {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes all who wait for `shardUid`. They look for themselves what has changed. */
  notify(shardUid: number): void {
    const waiting = this.#waiting.get(shardUid);
    if (waiting === undefined) return;
    this.#waiting.delete(shardUid);
    for (const wake of waiting) wake();
  }

  /** Resolves at the next notification, after `timeoutMs`, or when `signal` aborts. */
  wait(shardUid: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(timeoutMs, finish);
      const waiting = this.#waiting.get(shardUid) ?? new Set();
      this.#waiting.set(shardUid, waiting.add(finish));
      signal.addEventListener("abort", finish, { once: true });
      function finish(): void {
        timer.cancel();
        waiting.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      }
    });
  }
}
