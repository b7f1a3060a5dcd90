/**
 * How fast one shard is written to. There is no limit until the service throttles; then the rate follows what the shard
 * takes: down to what was accepted lately, less a fifth (or half, when that was still too much), up again little by little. Several producers that share a shard find
 * their shares in this way, without knowing of each other.
 *
 * The unit is the capacity of an AWS shard in a second: 1,000 records or 1 MiB, whichever is more of it. Where limits are
 * others only the numbers differ.
 */

/** What a Kinesis record of `bytes` costs of a shard's second. */
export function shardCost(bytes: number): number {
  return Math.max(1 / 1_000, bytes / 1_048_576);
}

/** A throttle among requests that were already on their way says nothing new. */
const DECREASE_INTERVAL_MS = 250;
const DECREASE_FACTOR = 0.8;
/** Throttled again so soon the rate is far too high, as it is at first with many producers: it comes down faster. */
const AGAIN_WITHIN_MS = 1_500;
const DECREASE_AGAIN_FACTOR = 0.5;
const RATE_LEAST = 0.02;
/** Added for each second without a throttle. */
const INCREASE_PER_SECOND = 0.05;
/** After so long without a throttle the limit may have been raised: the rate doubles every second. */
const DOUBLE_AFTER_MS = 10_000;
/** What may be sent at once after a pause, in seconds of the rate. */
const BURST_SECONDS = 0.25;
/** Less than this is not worth a request: a shard at its limit gets at most ten a second. */
const QUANTUM_SECONDS = 0.1;
/** The window over which accepted cost is measured. */
const WINDOW_MS = 1_000;
/** A rate that has grown to this is no limit any more. */
const RATE_UNLIMITED = 1_000;

/** See the file comment. Time is passed in. */
export class ShardRate {
  #rate = Infinity;
  #tokens = 0;
  #updatedMs = 0;
  #throttledMs = -Infinity;
  #decreasedMs = -Infinity;
  #windowStartMs = 0;
  #windowCost = 0;
  #acceptedPerSecond = 0;

  /** Seconds of a shard per second; infinite while nothing was throttled. */
  get rate(): number {
    return this.#rate;
  }

  /** When something may be sent: now, or once the debt of the last batch is paid off and a batch is worth it. */
  readyAtMs(nowMs: number): number {
    this.#advance(nowMs);
    if (this.#rate === Infinity) return nowMs;
    const missing = this.#rate * QUANTUM_SECONDS - this.#tokens;
    return missing <= 0 ? nowMs : nowMs + Math.ceil((missing / this.#rate) * 1_000);
  }

  /** What may be sent at once now; a batch may go beyond it by one record. */
  budget(nowMs: number): number {
    this.#advance(nowMs);
    return this.#rate === Infinity ? Infinity : this.#tokens;
  }

  sent(cost: number, nowMs: number): void {
    this.#advance(nowMs);
    if (this.#rate !== Infinity) this.#tokens -= cost;
  }

  accepted(cost: number, nowMs: number): void {
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      const seconds = (nowMs - this.#windowStartMs) / 1_000;
      this.#acceptedPerSecond = this.#windowCost / seconds;
      this.#windowStartMs = nowMs;
      this.#windowCost = 0;
    }
    this.#windowCost += cost;
  }

  /** The shard refused something; call it once for an answer. */
  throttled(nowMs: number): void {
    this.#advance(nowMs);
    this.#throttledMs = nowMs;
    const sinceMs = nowMs - this.#decreasedMs;
    if (sinceMs < DECREASE_INTERVAL_MS) return;
    this.#decreasedMs = nowMs;
    const seconds = Math.max((nowMs - this.#windowStartMs) / 1_000, 0.1);
    const measured = Math.max(this.#acceptedPerSecond, this.#windowCost / Math.max(seconds, 1));
    // At first there is no rate to come down from: what was accepted, or an AWS shard.
    const from = this.#rate === Infinity ? Math.max(measured, 1) : this.#rate;
    const factor = sinceMs < AGAIN_WITHIN_MS ? DECREASE_AGAIN_FACTOR : DECREASE_FACTOR;
    this.#rate = Math.max(from * factor, RATE_LEAST);
    this.#tokens = Math.min(this.#tokens, 0);
  }

  #advance(nowMs: number): void {
    const seconds = (nowMs - this.#updatedMs) / 1_000;
    this.#updatedMs = nowMs;
    if (this.#rate === Infinity || seconds <= 0) return;
    this.#rate +=
      nowMs - this.#throttledMs > DOUBLE_AFTER_MS ? this.#rate * seconds : Math.min(INCREASE_PER_SECOND * seconds, 1);
    this.#tokens = Math.min(this.#tokens + this.#rate * seconds, this.#rate * BURST_SECONDS);
    if (this.#rate >= RATE_UNLIMITED) this.#rate = Infinity;
  }
}
