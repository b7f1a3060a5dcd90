/** What a producer has done and is doing, as plain numbers: for metrics, and for whoever asks. */

/** Upper bounds of the latency histograms, in seconds. */
export const latencyBounds: readonly number[] = [
  0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4, 8, 16, 32,
];
/** Upper bounds of the histograms of counts. */
export const countBounds: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/** A histogram: how many values were at most each bound, how many there were, and their sum. */
export class Distribution {
  readonly bounds: readonly number[];
  /** By bound, not cumulative; one more for what is above the last. */
  readonly counts: number[];
  count = 0;
  sum = 0;
  /** Where the last value fell: the next one is likely to be near. */
  #index = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let index = this.#index;
    while (index < this.bounds.length && value > (this.bounds[index] as number)) index += 1;
    while (index > 0 && value <= (this.bounds[index - 1] as number)) index -= 1;
    this.#index = index;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.count += 1;
    this.sum += value;
  }
}

/** Counters only grow. Records are the application's; Kinesis records may hold several of them. */
export class ProducerCounts {
  /** Taken by put. */
  records = 0;
  storedRecords = 0;
  storedBytes = 0;
  storedKinesisRecords = 0;
  requests = 0;
  /** Requests that failed as a whole, by what that means. */
  requestFailures = { throttled: 0, unavailable: 0, refused: 0 };
  /** Kinesis records sent again, by why. */
  retries = { throttled: 0, failed: 0 };
  /** Records that were given up, by the code of their error. */
  failedRecords: Record<string, number> = {};
  /** Aggregates that a reshard overtook; their records were sent again, and consumers drop the first copies. */
  strayAggregates = 0;
  /** Kinesis records that were not stored although a later one of their batch was: with an order, one that is broken now. */
  overtaken = 0;
  shardListings = 0;
  readonly putSeconds: Distribution = new Distribution(latencyBounds);
  readonly requestSeconds: Distribution = new Distribution(latencyBounds);
  readonly requestKinesisRecords: Distribution = new Distribution(countBounds);
  readonly recordsPerKinesisRecord: Distribution = new Distribution(countBounds);
}
