/** The seam between how a shard is read (polling, enhanced fan-out, a test) and what is done with its records. */
import type { LeasedShard } from "../lease/lease.ts";

/** A Kinesis record as any SDK hands it over. */
export interface FetchedRecord {
  readonly SequenceNumber?: string | undefined;
  readonly PartitionKey?: string | undefined;
  readonly Data?: Uint8Array | undefined;
  readonly ApproximateArrivalTimestamp?: Date | undefined;
}

/** One answer. */
export interface FetchedBatch {
  readonly records: readonly FetchedRecord[];
  readonly millisBehindLatest: number;
  /** Present when this is the last answer of a closed shard: what follows it (nothing when that is unknown). */
  readonly children?: readonly LeasedShard[];
}

/** One shard, read in order from its checkpoint on. Not fetching is how a slow handler holds it back. */
export interface RecordSource {
  /**
   * The next answer, with or without records. Waits as long as pacing and failures ask for; rejects only with what trying
   * again cannot mend, or when `signal` aborts.
   */
  next(signal: AbortSignal): Promise<FetchedBatch>;
  close(): void;
}
