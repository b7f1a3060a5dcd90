/**
 * What one shard takes per second, as AWS documents it: 1,000 records and 1 MiB of keys and data. A record larger than
 * the bucket passes when it is full and leaves a debt.
 */
import { TokenBucket } from "@millrace/model";

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const WRITE_BYTES_PER_SECOND = 1024 * 1024;
const WRITE_RECORDS_PER_SECOND = 1000;

/** See the file comment. One per shard led here, while limits are on. */
export class WriteLimit {
  readonly #bytes: TokenBucket;
  readonly #records: TokenBucket;

  constructor(monotonicMs: number) {
    const bytes = WRITE_BYTES_PER_SECOND;
    this.#bytes = new TokenBucket({ capacity: bytes, refillPerSecond: bytes }, monotonicMs);
    const records = WRITE_RECORDS_PER_SECOND;
    this.#records = new TokenBucket({ capacity: records, refillPerSecond: records }, monotonicMs);
  }

  /** Admits one record, or takes nothing. */
  tryTake(userBytes: number, monotonicMs: number): boolean {
    if (this.#records.available(monotonicMs) < 1) return false;
    return this.#bytes.tryTake(userBytes, monotonicMs) && this.#records.tryTake(1, monotonicMs);
  }
}
