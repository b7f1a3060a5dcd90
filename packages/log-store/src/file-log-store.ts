/** {@link LogStore} over files: puts journal, index, tail cache, reader and retention together. */
import { assert, type Clock, type Random, ServiceError } from "@millrace/base";
import { type Frame, frameEndOffset } from "@millrace/model";
import { DiskFloor } from "./disk-floor.ts";
import type { Disk } from "./disk/disk.ts";
import type { FrameIndex } from "./index/frame-index.ts";
import { indexEntry } from "./index/index-journal.ts";
import type { FinishedSegment } from "./journal/checkpoint.ts";
import type { JournalEntry } from "./journal/journal-entry.ts";
import { JournalWriter, type PlacedEntry } from "./journal/journal-writer.ts";
import type { ReplicaTable } from "./journal/replica-table.ts";
import { SegmentFiles } from "./journal/segment-files.ts";
import type {
  LogEntry,
  LogRead,
  LogStore,
  LogStoreOptions,
  LogStoreStats,
  RecoveredReplica,
  SyncReport,
} from "./log-store-contract.ts";
import { Retention } from "./retention.ts";
import { locateTime } from "./shards/locate-time.ts";
import { LogReader } from "./shards/log-reader.ts";
import { ShardTails } from "./shards/shard-tails.ts";
import { TailCache } from "./shards/tail-cache.ts";
import type { StoreIdentity } from "./store-identity.ts";

/** Reports the first failure and no other. */
export class Failure {
  readonly #onFatal: (error: Error) => void;
  readonly #waiting = new Set<() => void>();
  happened = false;

  constructor(onFatal: (error: Error) => void) {
    this.#onFatal = onFatal;
  }

  report(error: Error): void {
    if (this.happened) return;
    this.happened = true;
    for (const given of this.#waiting) given();
    this.#onFatal(error);
  }

  /** Starts `work`, which calls `done`, or never after a failure: then the answer is false. */
  doneUnless(work: (done: () => void) => void): Promise<boolean> {
    if (this.happened) return Promise.resolve(false);
    return new Promise((resolve) => {
      const given = (): void => resolve(false);
      this.#waiting.add(given);
      work(() => {
        this.#waiting.delete(given);
        resolve(true);
      });
    });
  }
}

/** What opening and recovery put together; see {@link FileLogStore.start}. */
export interface LogStoreParts {
  readonly options: LogStoreOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly journalDirectory: string;
  readonly identity: StoreIdentity;
  readonly index: FrameIndex;
  readonly table: ReplicaTable;
  readonly finished: FinishedSegment[];
  readonly firstRead: number;
  readonly recovered: ReadonlyMap<number, RecoveredReplica>;
  readonly failure: Failure;
}

/** See the file comment. */
export class FileLogStore implements LogStore {
  readonly recovered: ReadonlyMap<number, RecoveredReplica>;
  readonly boot: number;
  readonly nodeId: string;
  onBeforeBatch: (() => void) | undefined;
  onSync: ((report: SyncReport) => void) | undefined;
  readonly #parts: LogStoreParts;
  readonly #tails = new ShardTails();
  readonly #cache: TailCache;
  readonly #files: SegmentFiles;
  readonly #reader: LogReader;
  readonly #writer: JournalWriter;
  readonly #floor: DiskFloor;
  readonly #retention: Retention;
  #closing: Promise<void> | undefined;

  private constructor(parts: LogStoreParts) {
    const { options, clock, random, disk, journalDirectory, identity, index, table, finished, failure } = parts;
    this.#parts = parts;
    this.recovered = parts.recovered;
    this.boot = identity.boot;
    this.nodeId = identity.nodeId;
    this.#cache = new TailCache(options.tailCacheBytes);
    this.#files = new SegmentFiles(disk, journalDirectory);
    this.#reader = new LogReader({ tails: this.#tails, cache: this.#cache, index, files: this.#files });
    for (const { shardUid, logStart, logEnd, droppedIn } of table.all())
      if (droppedIn === 0) this.#tails.restore(shardUid, logStart, logEnd);
    this.#floor = new DiskFloor({ disk, clock, directory: options.directory, floorBytes: options.diskFloorBytes });
    this.#writer = new JournalWriter({
      disk,
      clock,
      random,
      directory: journalDirectory,
      nodeId: identity.nodeId,
      segmentBytes: options.segmentBytes,
      table,
      finished,
      onDurable: (placed) => this.#onDurable(placed),
      onFinished: ({ number }) => {
        index.finishSegment(number);
        this.#retention.wake();
      },
      onFree: () => this.onBeforeBatch?.(),
      onSync: (report) => {
        this.#floor.wrote(report.sizeBytes);
        this.onSync?.(report);
      },
      onFatal: (error) => failure.report(error),
    });
    this.#retention = new Retention({
      disk,
      clock,
      directory: journalDirectory,
      tails: this.#tails,
      table,
      index,
      files: this.#files,
      finished,
      append: (entries) => this.#append(entries),
      onFatal: (error) => failure.report(error),
    });
  }

  /** Seals what was recovered with a new segment; resolves when that is durable. */
  static async start(parts: LogStoreParts): Promise<FileLogStore> {
    const store = new FileLogStore(parts);
    await store.#writer.start();
    for (const { number } of parts.finished) if (number >= parts.firstRead) parts.index.finishSegment(number);
    parts.index.advanceMark(store.#writer.active.number);
    await parts.index.flush();
    await store.#floor.look();
    store.#retention.wake();
    return store;
  }

  get idle(): boolean {
    return this.#writer.idle;
  }

  submit(entries: readonly LogEntry[], done: () => void): void {
    if (this.#parts.failure.happened) return;
    assert(this.#closing === undefined, "nothing is submitted to a closed log store");
    for (const entry of entries) {
      const cut = this.#tails.apply(entry);
      if (cut !== undefined) this.#cache.cut("shardUid" in entry ? entry.shardUid : 0, cut);
      if (entry.kind === "frame") this.#cache.add(entry.frame);
    }
    this.#writer.submit(entries, done);
  }

  async read(shardUid: number, fromOffset: number, limitBytes: number): Promise<LogRead> {
    this.#requireOpen();
    return { frames: await this.#reader.read(shardUid, fromOffset, limitBytes) };
  }

  get belowDiskFloor(): boolean {
    return this.#floor.below;
  }

  get diskExhausted(): boolean {
    return this.#floor.exhausted;
  }

  async locateTime(shardUid: number, timeMs: number): Promise<number> {
    this.#requireOpen();
    const tail = this.#tails.get(shardUid);
    if (tail === undefined) return 0;
    return locateTime({ index: this.#parts.index, cache: this.#cache }, shardUid, timeMs, tail);
  }

  trim(shardUid: number, logStart: number): void {
    const tail = this.#tails.get(shardUid);
    if (this.#closing !== undefined || this.#parts.failure.happened || tail === undefined) return;
    const next = Math.min(logStart, tail.logEnd);
    if (next <= tail.logStart) return;
    tail.logStart = next;
    this.#writer.submit([{ kind: "trim", shardUid, logStart: next }], () => this.#retention.wake());
  }

  stats(): LogStoreStats {
    const { finished } = this.#parts;
    const { active } = this.#writer;
    const storeBytes = finished.reduce((sum, { end }) => sum + end, active.end);
    return {
      segmentCount: finished.length + 1,
      storeBytes,
      liveBytes: this.#retention.liveBytes + active.end,
      diskFreeBytes: this.#floor.freeBytes,
      tailCacheBytes: this.#cache.bytes,
    };
  }

  async verify(shardUid: number, pace?: (readBytes: number) => Promise<void>): Promise<readonly number[]> {
    this.#requireOpen();
    return this.#reader.verify(shardUid, pace);
  }

  async repair(frame: Frame): Promise<boolean> {
    this.#requireOpen();
    const { shardUid } = frame.header;
    const tail = this.#tails.get(shardUid);
    // A cut on its way to the index would come after this place in it, and before it in the journal.
    if (tail === undefined || tail.pendingCuts.length > 0 || frameEndOffset(frame.header) > tail.logEnd) return false;
    if (frameEndOffset(frame.header) <= tail.logStart) return false;
    return this.#append([{ kind: "moved", frame }]);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #append(entries: readonly JournalEntry[]): Promise<boolean> {
    return this.#parts.failure.doneUnless((done) => this.#writer.submit(entries, done));
  }

  #onDurable(placed: readonly PlacedEntry[]): Promise<void> | undefined {
    const { index } = this.#parts;
    for (const { entry, segment, position } of placed) {
      indexEntry(index, entry, segment, position);
      if (entry.kind === "truncate" || entry.kind === "drop") {
        this.#tails.cutDone(entry.shardUid);
        this.#retention.wake();
      }
      if (entry.kind === "frame") this.#cache.markDurable();
    }
    index.advanceMark(this.#writer.active.number);
    return index.backpressure();
  }

  async #close(): Promise<void> {
    this.#floor.close();
    await this.#retention.close();
    await this.#writer.close();
    await this.#files.close();
    await this.#parts.index.close();
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new ServiceError("UNAVAILABLE", "the log store is closed");
  }
}
