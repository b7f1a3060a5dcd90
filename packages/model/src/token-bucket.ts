/**
 * A rate limit: holds up to `capacity` tokens, refilled continuously. Takes the time as an argument and keeps three
 * numbers, so a shard can own several. A request larger than the whole bucket (a 10 MiB record on a 1 MiB/s shard)
 * passes when the bucket is full and leaves a debt, which refilling pays off before anything else passes.
 */
import { assert } from "@millrace/base";

/** Size and pace of a bucket, in tokens (bytes, records, calls). */
export interface TokenBucketLimits {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** See the file comment. Starts full. Time that goes back refills nothing and takes nothing away. */
export class TokenBucket {
  private readonly limits: TokenBucketLimits;
  private tokens: number;
  private refilledMs: number;

  constructor(limits: TokenBucketLimits, nowMs: number) {
    assert(limits.capacity > 0 && limits.refillPerSecond >= 0, "a bucket holds something and never leaks");
    this.limits = limits;
    this.tokens = limits.capacity;
    this.refilledMs = nowMs;
  }

  /** Tokens there now; negative while a debt is paid off. */
  available(nowMs: number): number {
    const elapsedMs = nowMs - this.refilledMs;
    this.refilledMs = nowMs;
    if (elapsedMs > 0) {
      this.tokens = Math.min(this.limits.capacity, this.tokens + (elapsedMs * this.limits.refillPerSecond) / 1000);
    }
    return this.tokens;
  }

  /** Takes `count` tokens or none. More than the capacity passes only from a full bucket. */
  tryTake(count: number, nowMs: number): boolean {
    if (this.available(nowMs) < Math.min(count, this.limits.capacity)) return false;
    this.tokens -= count;
    return true;
  }

  /** Takes as many whole tokens as there are, at most `countMax`, and returns how many. */
  takeUpTo(countMax: number, nowMs: number): number {
    const taken = Math.max(0, Math.min(countMax, Math.floor(this.available(nowMs))));
    this.tokens -= taken;
    return taken;
  }
}
