/** Appended bytes and records per second of shards led here, over the last ten seconds. */

const BUCKETS = 10;

interface Rates {
  readonly bytes: Float64Array;
  readonly records: Float64Array;
  second: number;
}

/** One entry per shard led here; `forget` removes it. */
export class ShardRates {
  readonly #shards = new Map<number, Rates>();

  add(shardUid: number, records: number, userBytes: number, monotonicMs: number): void {
    const rates = this.#at(shardUid, monotonicMs);
    const bucket = rates.second % BUCKETS;
    rates.bytes[bucket] = (rates.bytes[bucket] ?? 0) + userBytes;
    rates.records[bucket] = (rates.records[bucket] ?? 0) + records;
  }

  /** Whole numbers per second. */
  of(shardUid: number, monotonicMs: number): { bytesPerSecond: number; recordsPerSecond: number } {
    if (!this.#shards.has(shardUid)) return { bytesPerSecond: 0, recordsPerSecond: 0 };
    const rates = this.#at(shardUid, monotonicMs);
    return { bytesPerSecond: perSecond(rates.bytes), recordsPerSecond: perSecond(rates.records) };
  }

  forget(shardUid: number): void {
    this.#shards.delete(shardUid);
  }

  #at(shardUid: number, monotonicMs: number): Rates {
    const second = Math.floor(monotonicMs / 1000);
    let rates = this.#shards.get(shardUid);
    if (rates === undefined) {
      rates = { bytes: new Float64Array(BUCKETS), records: new Float64Array(BUCKETS), second };
      this.#shards.set(shardUid, rates);
    }
    const passed = Math.min(BUCKETS, second - rates.second);
    for (let step = 1; step <= passed; step += 1) {
      rates.bytes[(rates.second + step) % BUCKETS] = 0;
      rates.records[(rates.second + step) % BUCKETS] = 0;
    }
    rates.second = Math.max(rates.second, second);
    return rates;
  }
}

function perSecond(buckets: Float64Array): number {
  return Math.round(buckets.reduce((sum, value) => sum + value, 0) / BUCKETS);
}
