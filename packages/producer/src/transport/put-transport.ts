/** The seam between the producer and a service that stores records. */
import type { HashRange, UserRecord } from "@millrace/kinesis";

/** What became of one entry of a request. Without a sequence number it was not stored, as far as the service knows. */
export type EntryOutcome =
  | { readonly shardId: string; readonly sequenceNumber: string }
  | { readonly errorCode: string; readonly errorMessage: string };

/** A shard as listed: open ones take records, closed ones are there for their ranges. */
export interface ListedShard extends HashRange {
  readonly shardId: string;
  readonly open: boolean;
}

/** What a request says of itself: the identity that all its tries share, and how many they are, counted from 1. */
export interface PutTry {
  readonly invocationId: string;
  readonly attempt: number;
}

/** One stream of one service. Both calls reject with a {@link TransportError} and nothing else. */
export interface PutTransport {
  /**
   * Sends one PutRecords; answers an outcome per entry, in order. The same invocation id with the same entries is the same
   * request again: services that know the id store it once.
   */
  putRecords(entries: readonly UserRecord[], tried: PutTry, signal: AbortSignal): Promise<readonly EntryOutcome[]>;
  /** All shards of the stream that the service still knows. */
  listShards(signal: AbortSignal): Promise<readonly ListedShard[]>;
}

/**
 * - `throttled`: nothing was stored; the same request may succeed more slowly.
 * - `unavailable`: no answer, or one that says nothing about what was stored; the same request may succeed later.
 * - `refused`: nothing was stored, and the same request will never succeed.
 */
export type FailureKind = "throttled" | "unavailable" | "refused";

/** A request that failed as a whole. `code` is the service's name of the error, or that of the connection's. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: FailureKind;
  readonly code: string;

  constructor(kind: FailureKind, code: string, message: string, cause?: unknown) {
    super(`${code}: ${message}`, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.code = code;
  }
}
