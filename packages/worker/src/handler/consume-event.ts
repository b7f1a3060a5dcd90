/** Everything that happens while a shard is read, for logs, metrics and tests: one hook, one union. */
import type { RecordPosition } from "../lease/checkpoint.ts";

/** What happened. Durations in milliseconds. */
export type ConsumeHappening =
  /** A read answered. `userRecords` counts after aggregates were opened and what was done before was left out. */
  | {
      readonly kind: "read";
      readonly records: number;
      readonly userRecords: number;
      readonly bytes: number;
      readonly millisBehindLatest: number;
    }
  /** A handler call ended well. */
  | { readonly kind: "handled"; readonly records: number; readonly durationMs: number; readonly attempt: number }
  /**
   * A handler call failed; what follows is another attempt, a smaller one, a dead letter, or the end of the lease. The first `handled` of its
   * records are done all the same.
   */
  | {
      readonly kind: "attempt-failed";
      readonly records: number;
      readonly handled: number;
      readonly attempt: number;
      readonly error: unknown;
    }
  | { readonly kind: "dead-lettered"; readonly records: number; readonly attempts: number; readonly error: unknown }
  /** A dead letter could not be written; it is tried again. */
  | { readonly kind: "dead-letter-failed"; readonly records: number; readonly error: unknown }
  | { readonly kind: "checkpointed"; readonly position: RecordPosition; readonly durationMs: number }
  /** A checkpoint could not be stored; it is tried again with what is done by then, unless the lease is lost. */
  | { readonly kind: "checkpoint-failed"; readonly position: RecordPosition; readonly error: unknown }
  /** The service asked for slower reads. */
  | { readonly kind: "throttled"; readonly waitMs: number }
  | { readonly kind: "read-failed"; readonly error: unknown; readonly waitMs: number }
  /** A read position had to be opened again: an iterator expired, or a subscription ended (which it does every 5 minutes). */
  | { readonly kind: "reopened"; readonly reason: "iterator-expired" | "subscription-ended" | "subscription-silent" }
  /** Began like an aggregate or a compressed record and is none: delivered as one plain record. */
  | { readonly kind: "malformed"; readonly sequenceNumber: string }
  /** An aggregate that a reshard overtook: dropped, because its producer sends its records again. */
  | { readonly kind: "stray"; readonly sequenceNumber: string; readonly dropped: number }
  /** A callback of the application rejected where that is ignored. */
  | { readonly kind: "callback-failed"; readonly error: unknown }
  | { readonly kind: "shard-ended"; readonly children: readonly string[] };

/** A happening and where. */
export type ConsumeEvent = ConsumeHappening & { readonly stream: string; readonly shardId: string };

/** Hears everything. Must not throw. */
export type ConsumeObserver = (event: ConsumeEvent) => void;
