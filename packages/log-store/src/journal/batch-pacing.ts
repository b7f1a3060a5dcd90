/**
 * When to begin the next batch. A batch costs a node much the same however little is in it, and every put is in a batch of
 * three nodes: while many small appends arrive, batches begin a little apart, so that each takes more of them. Few appends,
 * and bytes enough to be worth a batch of their own, never wait.
 */

/** Least time between the beginnings of two small batches. */
const APART_MS = 4;
/** A batch with fewer appends than this is no sign of a crowd. */
const CROWD_MIN = 4;
const SMALL_BYTES_MAX = 64 * 1024;

/** See the file comment. */
export class BatchPacing {
  #beganMs = -Infinity;
  #crowded = false;

  /** How long what waits, `waitingBytes` of it, shall wait longer. */
  delayMs(nowMs: number, waitingBytes: number): number {
    if (!this.#crowded || waitingBytes > SMALL_BYTES_MAX) return 0;
    return Math.max(0, this.#beganMs + APART_MS - nowMs);
  }

  /** A batch of `appends` and `sizeBytes` begins. */
  began(nowMs: number, appends: number, sizeBytes: number): void {
    this.#beganMs = nowMs;
    this.#crowded = appends >= CROWD_MIN && sizeBytes <= SMALL_BYTES_MAX;
  }
}
