/**
 * AWS's request rates of control operations, per account and region, or per stream where AWS counts so. Values are the
 * defaults of the Kinesis quotas page, in calls per second. Operations not listed have no published rate.
 */
import type { Clock } from "@millrace/base";

const perAccount: Readonly<Record<string, number>> = {
  AddTagsToStream: 5,
  CreateStream: 5,
  DecreaseStreamRetentionPeriod: 5,
  DeleteStream: 5,
  DescribeAccountSettings: 5,
  DescribeLimits: 1,
  DescribeStream: 10,
  DescribeStreamSummary: 20,
  DisableEnhancedMonitoring: 5,
  EnableEnhancedMonitoring: 5,
  IncreaseStreamRetentionPeriod: 5,
  ListStreams: 5,
  ListTagsForStream: 5,
  MergeShards: 5,
  RegisterStreamConsumer: 5,
  RemoveTagsFromStream: 5,
  SplitShard: 5,
  UpdateAccountSettings: 5,
  UpdateShardCount: 10,
  UpdateStreamWarmThroughput: 5,
};

const perStream: Readonly<Record<string, number>> = {
  DeregisterStreamConsumer: 5,
  DescribeStreamConsumer: 20,
  ListShards: 1000,
  ListStreamConsumers: 5,
};

/** Buckets kept; beyond it the one unused longest is forgotten, which only ever allows more. */
const BUCKETS_MAX = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Token buckets that hold one second's worth of calls. */
export class ControlRate {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one call; false when the rate is exceeded. `stream` is the name or ARN that the caller gave, if any. */
  take(operation: string, account: string, stream: string): boolean {
    const byAccount = perAccount[operation];
    const byStream = perStream[operation];
    if (byAccount !== undefined) return this.#takeFrom(`${operation}/${account}`, byAccount);
    if (byStream !== undefined) return this.#takeFrom(`${operation}/${account}/${stream}`, byStream);
    return true;
  }

  #takeFrom(key: string, ratePerSecond: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(key) ?? { tokens: ratePerSecond, atMs: nowMs };
    // Deleted and set again: the map's order is the order of last use.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > BUCKETS_MAX) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    bucket.tokens = Math.min(ratePerSecond, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * ratePerSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
