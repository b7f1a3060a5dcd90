/** One record from its put until it is settled. */
import type { UserRecord } from "@millrace/kinesis";
import type { ProducerError } from "../producer-error.ts";

/** Where a record is stored. */
export interface PutResult {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Position inside the aggregate that has this sequence number; undefined for a record of its own. */
  readonly subSequenceNumber?: number;
  /** Times it was sent, the successful one among them. */
  readonly attempts: number;
}

/** A record in the producer's hands. Fields that change are changed by the core alone. */
export interface PendingRecord extends UserRecord {
  /** Puts are numbered 1 2 3 …: what a flush waits for. */
  readonly number: number;
  /** Data and partition key, as Kinesis counts them. */
  readonly bytes: number;
  /** Monotonic times. */
  readonly arrivedMs: number;
  readonly deadlineMs: number;
  /** One of the two is called, once. */
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: ProducerError) => void;
  /** Called when it is settled: nobody has to watch its signal any more. */
  stopWatching: (() => void) | undefined;
  attempts: number;
  /** Set when a request with it was sent and its answer did not come. */
  mayBeStored: boolean;
  lastFailure: string;
  settled: boolean;
}
