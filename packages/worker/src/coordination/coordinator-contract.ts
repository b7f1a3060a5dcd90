/** What the lease coordinator hears and says. It has no clock and no socket: each event comes with the time, each command is carried out by the host. */
import type { InitialPosition, RecordPosition } from "../lease/checkpoint.ts";
import type { Lease, LeasedShard, LeaseGrant, LeaseKey } from "../lease/lease.ts";
import type { AcquireAnswer, NewLease, RenewAnswer, RenewRequest } from "../lease/lease-store.ts";
import type { SessionEnd } from "../lease/lease-session.ts";

/** A stream to read and where to begin when there are no leases for it yet. */
export interface LeasedStream {
  readonly stream: string;
  readonly initialPosition: InitialPosition;
}

/** Settings of one worker's lease coordination. All workers of an application should have the same. */
export interface CoordinatorSettings {
  /** Id of this worker process; never used by another, also not by its next start. */
  readonly worker: string;
  readonly streams: readonly LeasedStream[];
  /** A worker that is not heard of for so long holds nothing any more. */
  readonly leaseTtlMs: number;
  /** "count": as many leases for each worker. "throughput": as many bytes per second, as measured by their owners. */
  readonly balance: "count" | "throughput";
  /** A consumer without a sign of progress for so long loses its lease. */
  readonly progressTimeoutMs: number;
  /** How long a consumer may take to drain when its lease goes to another worker. */
  readonly handoffTimeoutMs: number;
  /** How often one of the workers lists the shards of a stream. */
  readonly shardSyncPeriodMs: number;
  /** How long a lease rests whose consumer failed: twice as long each time in a row, up to 30 seconds. */
  readonly failurePauseMs: number;
}

/** Settings that are not given. */
export const coordinatorDefaults: Omit<CoordinatorSettings, "worker" | "streams"> = {
  leaseTtlMs: 10_000,
  balance: "count",
  progressTimeoutMs: 300_000,
  handoffTimeoutMs: 30_000,
  shardSyncPeriodMs: 60_000,
  failurePauseMs: 1_000,
};

/** A shard as ListShards says. */
export interface ListedShard extends LeasedShard {
  /** Takes no more records. */
  readonly closed: boolean;
}

/** What has happened. `incarnation` names the taking that an event is about; events of takings that are over are ignored. */
export type CoordinatorEvent =
  | { readonly type: "start" }
  /** The time asked for by the last `timer` command has come. */
  | { readonly type: "tick" }
  | { readonly type: "wake" }
  | { readonly type: "renewed"; readonly answer: RenewAnswer }
  | { readonly type: "renew-failed" }
  | { readonly type: "acquired"; readonly answers: readonly AcquireAnswer[] }
  | { readonly type: "acquire-failed" }
  /** The consumer's promise has settled. */
  | {
      readonly type: "settled";
      readonly key: LeaseKey;
      readonly incarnation: string;
      readonly outcome: "finished" | "returned" | "failed";
    }
  | { readonly type: "progress"; readonly key: LeaseKey; readonly incarnation: string; readonly bytes: number }
  /** A checkpoint was stored. */
  | { readonly type: "stored"; readonly key: LeaseKey; readonly incarnation: string; readonly position: RecordPosition }
  /** The store answered that this taking is over. */
  | { readonly type: "refused"; readonly key: LeaseKey; readonly incarnation: string }
  | { readonly type: "listed"; readonly stream: string; readonly shards: readonly ListedShard[] }
  /** Drain everything and leave, within `deadlineMs`. */
  | { readonly type: "stop"; readonly deadlineMs: number }
  /** The store's data are gone: let go of everything without writing. */
  | { readonly type: "store-emptied" }
  | { readonly type: "left" }
  | { readonly type: "leave-failed" };

/** What is to be done. Requests to the store answer with events; `release`, `handoff`, `create` and `delete` do not. */
export type CoordinatorCommand =
  | { readonly type: "renew"; readonly request: RenewRequest }
  | { readonly type: "acquire"; readonly keys: readonly LeaseKey[] }
  | { readonly type: "handoff"; readonly leases: readonly { readonly key: LeaseKey; readonly incarnation: string }[] }
  | { readonly type: "release"; readonly lease: LeaseGrant & { readonly to: string | undefined } }
  | { readonly type: "create"; readonly leases: readonly NewLease[] }
  | { readonly type: "delete"; readonly keys: readonly LeaseKey[] }
  /** Starts a consumer. */
  | { readonly type: "begin"; readonly lease: Lease }
  | { readonly type: "drain"; readonly key: LeaseKey }
  /** Ends a session at once: abort its signal, refuse its checkpoints. */
  | { readonly type: "abort"; readonly key: LeaseKey; readonly end: SessionEnd }
  /** A session is over and its consumer has settled; for observers. */
  | { readonly type: "ended"; readonly lease: Lease; readonly end: SessionEnd }
  | { readonly type: "list"; readonly stream: string }
  /** Gives back what is left and ends the heartbeat; answers `left`, or `leave-failed` when the store did not. */
  | { readonly type: "leave"; readonly leases: readonly (LeaseGrant & { readonly to: string | undefined })[] }
  /** When to send the next `tick`; replaces the former. */
  | { readonly type: "timer"; readonly atMs: number }
  /** The coordinator has ended. */
  | { readonly type: "stopped"; readonly reason: "left" | "store-emptied" };
