/** One SubscribeToShard call per second, consumer and shard. Kept by the shard's leader. */

/** What AWS allows (API reference of SubscribeToShard). */
const CALL_INTERVAL_MS = 1_000;

/** See the file comment. Bounded by the consumers and shards that exist: callers check them first. */
export class CallRate {
  readonly #allowedMs = new Map<string, number>();
  #sweptMs = 0;

  /** Whether a call under `key` may go on; a refused one does not count. */
  allows(key: string, nowMs: number): boolean {
    this.#sweep(nowMs);
    const last = this.#allowedMs.get(key);
    if (last !== undefined && nowMs - last < CALL_INTERVAL_MS) return false;
    this.#allowedMs.set(key, nowMs);
    return true;
  }

  /** Forgets calls that hold nobody back any more. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < CALL_INTERVAL_MS) return;
    this.#sweptMs = nowMs;
    for (const [key, lastMs] of this.#allowedMs) {
      if (nowMs - lastMs >= CALL_INTERVAL_MS) this.#allowedMs.delete(key);
    }
  }
}
