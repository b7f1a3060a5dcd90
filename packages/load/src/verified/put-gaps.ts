/** How long puts did not succeed: at all, and to the shard that waited longest. Times are monotonic milliseconds. */

/** The longest times between two successes, in milliseconds. */
export interface LongestGaps {
  /** No put at all succeeded. */
  readonly anyMs: number;
  /** No put to one of the shards succeeded. */
  readonly shardMs: number;
}

/** See the file comment. A gap counts when it ends. */
export class PutGaps {
  #lastMs: number | undefined;
  #anyMs = 0;
  #shardMs = 0;
  readonly #lastByShard = new Map<string, number>();

  /** A record was stored in `shardId`. */
  succeeded(shardId: string, nowMs: number): void {
    this.#anyMs = Math.max(this.#anyMs, nowMs - (this.#lastMs ?? nowMs));
    this.#shardMs = Math.max(this.#shardMs, nowMs - (this.#lastByShard.get(shardId) ?? nowMs));
    this.#lastMs = nowMs;
    this.#lastByShard.set(shardId, nowMs);
  }

  /** When the last put succeeded; undefined when none has. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** When the last put to a shard succeeded. */
  lastOf(shardId: string): number | undefined {
    return this.#lastByShard.get(shardId);
  }

  /** The longest gaps that ended since the last call. */
  take(): LongestGaps {
    const taken = { anyMs: this.#anyMs, shardMs: this.#shardMs };
    this.#anyMs = 0;
    this.#shardMs = 0;
    return taken;
  }
}
