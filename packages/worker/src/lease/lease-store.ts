/**
 * The seam to where leases and checkpoints live, for one application. Every method is one step that happens wholly or not at
 * all. A worker keeps ALL its leases by one heartbeat ({@link LeaseStore.renew}); time is the store's, never a worker's.
 *
 * Errors of every method: UNAVAILABLE or DEADLINE when the store does not answer (the step may have happened; all steps can
 * be repeated), CONFLICT with `ids.reason` "store-emptied" when the data are not those that were opened: the worker must stop,
 * because starting again from the initial position would lose or repeat records.
 */
import type { Checkpoint, RecordPosition } from "./checkpoint.ts";
import type { Lease, LeasedShard, LeaseGrant, LeaseKey, PreparedCheckpoint } from "./lease.ts";

/** A live worker as the store sees it. */
export interface WorkerPresence {
  readonly worker: string;
  /** Until its heartbeat runs out and its leases are free, in the store's time. */
  readonly remainingMs: number;
}

/** The table, or what has changed in it. */
export interface LeaseView {
  /** Rows that are new or have changed since `cursor`; all of them when `complete`. Checkpoints alone do not count as changes. */
  readonly leases: readonly Lease[];
  readonly deleted: readonly LeaseKey[];
  /** Every live worker. */
  readonly workers: readonly WorkerPresence[];
  /** Whether `leases` is the whole table. */
  readonly complete: boolean;
  /** To be given with the next call. */
  readonly cursor: number;
}

/** One heartbeat for all leases of a worker. */
export interface RenewRequest {
  readonly worker: string;
  readonly ttlMs: number;
  /** What the worker believes it holds, each with a measured rate when it has changed enough to tell others. */
  readonly held: readonly (LeaseGrant & { readonly bytesPerSecond?: number })[];
  /** From the last answer; undefined asks for the whole table. */
  readonly cursor: number | undefined;
  /** Duties of which one worker at a time takes a turn (shard sync): asks for the turn when the last one is `periodMs` old. */
  readonly turns: readonly { readonly name: string; readonly periodMs: number }[];
}

/** Answer to {@link RenewRequest}. */
export interface RenewAnswer extends LeaseView {
  /** Of `held`: leases that are no longer this grant's. */
  readonly lost: readonly LeaseKey[];
  /** Of `held`: leases whose row is gone altogether. */
  readonly missing: readonly LeaseKey[];
  /** Names of turns this worker now has. */
  readonly turns: readonly string[];
}

/** Why a lease was not taken: it is held, reserved for somebody, waits for a parent, is finished, or does not exist. */
export type AcquireRefusal = "held" | "reserved" | "parents" | "finished" | "missing";

/** Of each key asked for. A taken lease comes with its row, grant included. */
export type AcquireAnswer =
  | { readonly key: LeaseKey; readonly lease: Lease }
  | { readonly key: LeaseKey; readonly refused: AcquireRefusal };

/** One checkpoint of one lease. */
export interface CheckpointRequest extends LeaseGrant {
  /** Undefined when only something is prepared. */
  readonly position: RecordPosition | undefined;
  /** Stored beside the position; a position at or after it clears it. */
  readonly prepare?: PreparedCheckpoint;
}

/** "behind": the stored position is greater, nothing was written. "lost": the grant is not the row's. Equal is "stored". */
export type CheckpointAnswer = "stored" | "behind" | "lost";

/** A lease to be created. */
export interface NewLease extends LeasedShard {
  readonly checkpoint: Checkpoint;
}

/** Where leases live. See the file comment. */
export interface LeaseStore {
  /** Binds this store to the application's data, creating the mark of an application when it is absent and `create` is set. Errors: USAGE when absent and not to be created. */
  open(options: { readonly create: boolean }): Promise<void>;
  /** The whole table, without a heartbeat. */
  list(): Promise<LeaseView>;
  renew(request: RenewRequest): Promise<RenewAnswer>;
  /** Creates those that are absent; answers their keys. */
  create(leases: readonly NewLease[]): Promise<readonly LeaseKey[]>;
  /**
   * Takes leases that are free (no owner, or an owner without heartbeat), not reserved for others and whose parents are finished
   * or unknown. A lease that was taken before at LATEST and has no position yet comes AT_TIMESTAMP of the first taking, so that
   * what arrived between two owners is not skipped. The worker must be live: a heartbeat comes before.
   */
  acquire(request: {
    readonly worker: string;
    readonly incarnation: string;
    readonly keys: readonly LeaseKey[];
  }): Promise<readonly AcquireAnswer[]>;
  /** Asks the owners of these takings to drain and give back to `to`. Those that have changed hands since are left alone. */
  requestHandoff(request: {
    readonly to: string;
    readonly leases: readonly { readonly key: LeaseKey; readonly incarnation: string }[];
  }): Promise<void>;
  /** Gives leases back, positions kept; reserved for `to` for a moment when given. What is not held by the grant is left alone. */
  release(request: {
    readonly leases: readonly (LeaseGrant & { readonly to: string | undefined })[];
    /** A worker that leaves with this release: its heartbeat ends. */
    readonly leaving?: string;
  }): Promise<void>;
  /** Answers in the order of `requests`. */
  checkpoint(requests: readonly CheckpointRequest[]): Promise<readonly CheckpointAnswer[]>;
  /** Marks the shard ended, frees the lease and creates its children's leases at TRIM_HORIZON, in one step. Repeating is harmless. */
  finish(request: LeaseGrant & { readonly children: readonly LeasedShard[] }): Promise<"stored" | "lost">;
  /** Removes rows, unless somebody live holds them. */
  delete(keys: readonly LeaseKey[]): Promise<void>;
  /**
   * An operator's hand: stores `checkpoint` (when given) whatever is there, and takes the lease from its owner. Refused with "live" while
   * any worker of the application lives, unless `force`.
   */
  reset(request: {
    readonly key: LeaseKey;
    readonly checkpoint: Checkpoint | undefined;
    readonly force: boolean;
  }): Promise<"done" | "live" | "missing">;
  /** Calls back when something has changed that workers want to know at once. May miss some: renewing finds them too. */
  onWake(callback: () => void): void;
  close(): Promise<void>;
}
