/**
 * The seam between a storage node and its disk: one journal for all shards of a node, an index over it, and a bounded
 * tail cache. One contract suite (`contract.ts`) runs against every implementation.
 */
import type { Frame } from "@millrace/model";

/** One thing to make durable. Order within a submission and between submissions is the order on disk. */
export type LogEntry =
  | { readonly kind: "frame"; readonly frame: Frame }
  /** The replica's small state, opaque here; the newest one of a shard wins. */
  | { readonly kind: "state"; readonly shardUid: number; readonly state: Uint8Array }
  /** The shard's log now ends at `logEnd`; frames at or beyond are gone. `resetTo` ≥ 0: it is empty and continues there. */
  | { readonly kind: "truncate"; readonly shardUid: number; readonly logEnd: number; readonly resetTo: number }
  /** The replica was deleted by an explicit tombstone: frames and state are gone. */
  | { readonly kind: "drop"; readonly shardUid: number };

/** What recovery found of one replica. */
export interface RecoveredReplica {
  readonly shardUid: number;
  /** The last state written, undefined when only frames are left (treat as damaged). */
  readonly state: Uint8Array | undefined;
  readonly logEnd: number;
  readonly lastFrameEpoch: number;
  readonly lastArrivalMs: number;
  readonly lastFrameKind: number;
  /** A frame with a bad checksum lies before intact ones, or a segment is missing: the replica must be repaired by its peers. */
  readonly damaged: boolean;
}

/** Whole frames covering what was asked, oldest first; the first may begin before `fromOffset`. Every checksum was verified. */
export interface LogRead {
  readonly frames: readonly Frame[];
}

/** Sizes for metrics and the disk floor. */
export interface LogStoreStats {
  readonly segmentCount: number;
  readonly storeBytes: number;
  readonly liveBytes: number;
  readonly diskFreeBytes: number;
  readonly tailCacheBytes: number;
}

/** Numbers of one finished group commit, for metrics. */
export interface SyncReport {
  readonly entryCount: number;
  readonly sizeBytes: number;
  readonly syncMs: number;
}

/** See the file comment. */
export interface LogStore extends AsyncDisposable {
  /** What was recovered at open, by shard. */
  readonly recovered: ReadonlyMap<number, RecoveredReplica>;
  /** Grows by one at every open of this directory, durable before open resolves. */
  readonly boot: number;
  /** Made at the first open and kept on the disk: an empty or foreign disk is somebody else. */
  readonly nodeId: string;
  /** True while free disk space is below the floor: the node must refuse client appends. Recovers by itself. */
  readonly belowDiskFloor: boolean;
  /**
   * True while less than a quarter of the floor is free: no frames of anybody may be submitted any more, or the disk
   * fills and the process ends. States, cuts and drops still fit. Recovers by itself.
   */
  readonly diskExhausted: boolean;
  /**
   * Queues `entries`; `done` is called, in submission order, when they and everything before them are durable. One
   * sync runs at a time; all that waits goes into the next. A failed write or sync calls `onFatal` and never `done`:
   * the process must end.
   */
  submit(entries: readonly LogEntry[], done: () => void): void;
  /** True while no write or sync is running: a submission now would start one at once. */
  readonly idle: boolean;
  /** Called each time the writer becomes free, before it looks for waiting submissions: the host's moment to build frames. */
  onBeforeBatch: (() => void) | undefined;
  onSync: ((report: SyncReport) => void) | undefined;
  /** Submitted (also not yet durable) frames are readable. Reads at most about `limitBytes`, at least one frame if any. */
  read(shardUid: number, fromOffset: number, limitBytes: number): Promise<LogRead>;
  /** Offset of the first record that arrived at or after `timeMs`; the log end when there is none. Never below the trim point. */
  locateTime(shardUid: number, timeMs: number): Promise<number>;
  /** Records below `logStart` are dead: a hint after a committed trim record, also given again after each open. Frees disk. */
  trim(shardUid: number, logStart: number): void;
  stats(): LogStoreStats;
  /**
   * Checks every stored frame of a shard; answers the offsets of damaged frames. `pace` is awaited after each piece of the
   * log, so that a look at everything need not take the disk from others.
   */
  verify(shardUid: number, pace?: (readBytes: number) => Promise<void>): Promise<readonly number[]>;
  /**
   * Puts a sound copy of a frame that the shard's log has at that place and that is damaged or missing here. Resolves true
   * when it is durable and reads find it; false when the log does not (or no longer) have a frame there.
   */
  repair(frame: Frame): Promise<boolean>;
  /** Waits for what was submitted, then closes files. Idempotent. */
  close(): Promise<void>;
}

/** Where and how a log store works. */
export interface LogStoreOptions {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly tailCacheBytes: number;
  /** Below this much free space `belowDiskFloor` is true, below a quarter of it `diskExhausted`. 0: neither ever is. */
  readonly diskFloorBytes: number;
  /** Called once on a failed write or sync. The caller ends the process. */
  readonly onFatal: (error: Error) => void;
}

/** The smallest interface to an ordered key-value store with synced batches; the coordinator keeps its metadata in one. */
export interface KeyValueStore extends AsyncDisposable {
  get(key: string): Promise<Buffer | undefined>;
  /** Keys in [from, to) in byte order. */
  range(from: string, to: string): Promise<{ readonly key: string; readonly value: Buffer }[]>;
  /** Atomic; durable before it resolves when `sync`. An undefined value deletes. */
  write(
    changes: readonly { readonly key: string; readonly value: Uint8Array | undefined }[],
    options: { readonly sync: boolean },
  ): Promise<void>;
  close(): Promise<void>;
}
