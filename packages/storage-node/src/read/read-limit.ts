/**
 * What all pollers of one shard share, as AWS documents it: 5 calls and 2 MiB per second, 5 iterators beside. A read may return 10 MiB; what
 * it took beyond a second's worth must pass before the next call does.
 */
import { TokenBucket } from "@millrace/model";

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const CALLS_PER_SECOND = 5;
/** GetShardIterator calls of one shard (AWS API reference). */
const ITERATORS_PER_SECOND = 5;
/** Also the limit of one fan-out consumer on one shard. */
export const READ_BYTES_PER_SECOND: number = 2 * 1024 * 1024;

/** See the file comment. */
export class ReadLimit {
  readonly #calls: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #iterators: TokenBucket;
  #blockedUntilMs = 0;

  constructor(monotonicMs: number) {
    this.#calls = new TokenBucket({ capacity: CALLS_PER_SECOND, refillPerSecond: CALLS_PER_SECOND }, monotonicMs);
    const iterators = { capacity: ITERATORS_PER_SECOND, refillPerSecond: ITERATORS_PER_SECOND };
    this.#iterators = new TokenBucket(iterators, monotonicMs);
    const bytes = READ_BYTES_PER_SECOND;
    this.#bytes = new TokenBucket({ capacity: bytes, refillPerSecond: bytes }, monotonicMs);
  }

  /** Whether a call may read now. */
  tryCall(monotonicMs: number): boolean {
    if (monotonicMs < this.#blockedUntilMs || this.#bytes.available(monotonicMs) < 1) return false;
    return this.#calls.tryTake(1, monotonicMs);
  }

  /** Whether an iterator may be given out now. */
  tryIterator(monotonicMs: number): boolean {
    return this.#iterators.tryTake(1, monotonicMs);
  }

  /** What the admitted call returned. */
  took(userBytes: number, monotonicMs: number): void {
    const paid = this.#bytes.takeUpTo(userBytes, monotonicMs);
    if (paid === userBytes) return;
    const owedSeconds = (userBytes > READ_BYTES_PER_SECOND ? userBytes : userBytes - paid) / READ_BYTES_PER_SECOND;
    this.#blockedUntilMs = monotonicMs + owedSeconds * 1000;
  }
}
