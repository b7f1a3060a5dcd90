/**
 * Where every frame lies: a RocksDB database written in unsynced batches, and over it in memory what those batches do
 * not hold yet. It can always be rebuilt from the journal; nothing has its only home here.
 */
import type { Clock, TimerHandle } from "@millrace/base";
import type { KeyValueChange, OrderedDatabase } from "../ordered-database.ts";
import {
  decodeLocation,
  decodeMark,
  decodeSummary,
  encodeLocation,
  encodeMark,
  encodeSummary,
  endOffsetOf,
  frameKey,
  type FrameLocation,
  type IndexMark,
  markKey,
  segmentKey,
  type SegmentSummary,
} from "./index-keys.ts";
import { RecentLocations, type RecentSnapshot } from "./recent-locations.ts";

const FLUSH_DELAY_MS = 1000;
/** This many locations in memory start a flush at once; larger database batches block the thread noticeably. */
const FLUSH_COUNT = 1024;
/** This many hold the writer up. */
const PENDING_COUNT_MAX = 65_536;
/** Keys deleted in one database batch, and for trims in one flush. */
const DELETE_COUNT_MAX = 2048;
/** Locations fetched from the database in one go, at most. */
const FETCH_COUNT_MAX = 512;

/** What the index works with. */
export interface FrameIndexOptions {
  readonly database: OrderedDatabase;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly onFatal: (error: Error) => void;
}

/** See the file comment. */
export class FrameIndex {
  readonly #options: FrameIndexOptions;
  readonly #recent = new Map<number, RecentLocations>();
  readonly #trims = new Map<number, number>();
  readonly #summaries = new Map<number, SegmentSummary>();
  readonly #finished = new Set<number>();
  readonly #removed = new Set<number>();
  #pendingCount = 0;
  #markedSegment = 0;
  #timer: TimerHandle | undefined;
  #flushing: Promise<void> | undefined;
  #closed = false;

  constructor(options: FrameIndexOptions) {
    this.#options = options;
  }

  /** The mark of the last flush that survived, undefined in a new database. */
  async mark(): Promise<IndexMark | undefined> {
    const value = await this.#options.database.get(markKey);
    return value === undefined ? undefined : decodeMark(value);
  }

  /** Everything of segments before this one is in the index once what is pending is flushed. */
  advanceMark(segment: number): void {
    this.#markedSegment = segment;
  }

  put(location: FrameLocation): void {
    this.#recentOf(location.shardUid).put(location);
    let summary = this.#summaries.get(location.segment);
    if (summary === undefined) this.#summaries.set(location.segment, (summary = new Map()));
    const share = summary.get(location.shardUid);
    summary.set(location.shardUid, {
      frameBytes: (share?.frameBytes ?? 0) + location.lengthBytes,
      endOffset: Math.max(share?.endOffset ?? 0, endOffsetOf(location)),
    });
    this.#pendingCount += 1;
    this.#wantFlush();
  }

  /** Frames of the shard that begin at or beyond `offset` are gone; 0: all of them. */
  cut(shardUid: number, offset: number): void {
    this.#recentOf(shardUid).cut(offset);
    if (offset === 0) this.#trims.delete(shardUid);
    this.#wantFlush();
  }

  /** Frames that end at or below `logStart` may be forgotten, lazily. */
  trim(shardUid: number, logStart: number): void {
    this.#recent.get(shardUid)?.trim(logStart);
    this.#trims.set(shardUid, logStart);
    this.#wantFlush();
  }

  /** The segment gets no more frames: its summary goes to the database with the next flush. */
  finishSegment(segment: number): void {
    if (!this.#summaries.has(segment)) this.#summaries.set(segment, new Map());
    this.#finished.add(segment);
    this.#wantFlush();
  }

  removeSegment(segment: number): void {
    this.#removed.add(segment);
    this.#summaries.delete(segment);
    this.#finished.delete(segment);
    this.#wantFlush();
  }

  /** Undefined when nothing is known of the segment. */
  async summary(segment: number): Promise<SegmentSummary | undefined> {
    const known = this.#summaries.get(segment);
    if (known !== undefined) return known;
    const value = await this.#options.database.get(segmentKey(segment));
    return value === undefined ? undefined : decodeSummary(value);
  }

  /** The frame that begins at or last before `offset`. */
  async atOrBelow(shardUid: number, offset: number): Promise<FrameLocation | undefined> {
    const recent = this.#recent.get(shardUid)?.atOrBelow(offset);
    if (recent !== undefined && endOffsetOf(recent) > offset) return recent;
    const to = Math.min(offset + 1, this.#recent.get(shardUid)?.validBelow ?? Infinity);
    const [pair] = await this.#options.database.range({
      from: frameKey(shardUid, 0),
      to: frameKey(shardUid, to),
      reverse: true,
      limit: 1,
    });
    const stored = pair === undefined ? undefined : decodeLocation(pair.key, pair.value);
    // Looked up again: a flush may have moved locations to the database while this waited.
    const now = this.#recent.get(shardUid)?.atOrBelow(offset) ?? recent;
    if (stored === undefined || now === undefined) return now ?? stored;
    return now.baseOffset >= stored.baseOffset ? now : stored;
  }

  /**
   * The first of the frames that begin in [from, to), in offset order, some `count` of them or more; ask again from the last
   * one's end for more.
   */
  async between(shardUid: number, from: number, to: number, count: number = FETCH_COUNT_MAX): Promise<FrameLocation[]> {
    const before = this.#recent.get(shardUid)?.between(from, to) ?? [];
    const validBelow = Math.min(to, this.#recent.get(shardUid)?.validBelow ?? Infinity);
    if (validBelow <= from || this.#coversFrom(before, from)) return before;
    const limit = Math.min(count, FETCH_COUNT_MAX);
    const range = { from: frameKey(shardUid, from), to: frameKey(shardUid, validBelow), limit };
    const pairs = await this.#options.database.range(range);
    const merged = new Map<number, FrameLocation>();
    for (const { key, value } of pairs) {
      const location = decodeLocation(key, value);
      merged.set(location.baseOffset, location);
    }
    for (const location of before) merged.set(location.baseOffset, location);
    const sorted = [...merged.values()].sort((a, b) => a.baseOffset - b.baseOffset);
    // Beyond a full fetch the database may hold more: what memory knows there would leave a gap.
    const lastFetched = pairs.length < limit ? undefined : pairs.at(-1);
    if (lastFetched === undefined) return sorted;
    const boundary = decodeLocation(lastFetched.key, lastFetched.value).baseOffset;
    return sorted.filter((location) => location.baseOffset <= boundary);
  }

  /** Writes everything pending to the database; with `sync` also makes all of the database durable. */
  async flush(options: { readonly sync: boolean } = { sync: false }): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    this.#flushing = this.#flushOnce(options.sync).finally(() => (this.#flushing = undefined));
    await this.#flushing;
  }

  /** Resolves when little enough is pending for the writer to go on; undefined: at once. */
  backpressure(): Promise<void> | undefined {
    return this.#pendingCount < PENDING_COUNT_MAX ? undefined : this.flush();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    try {
      await this.flush();
    } finally {
      await this.#options.database.close();
    }
  }

  /** Memory alone answers when it holds an unbroken run from `from`. */
  #coversFrom(recent: readonly FrameLocation[], from: number): boolean {
    const first = recent[0];
    if (first?.baseOffset !== from) return false;
    return recent.every((location, index) => {
      const next = recent[index + 1];
      return next === undefined || endOffsetOf(location) === next.baseOffset;
    });
  }

  #recentOf(shardUid: number): RecentLocations {
    let recent = this.#recent.get(shardUid);
    if (recent === undefined) this.#recent.set(shardUid, (recent = new RecentLocations()));
    return recent;
  }

  #wantFlush(): void {
    if (this.#closed || this.#timer !== undefined) {
      if (this.#pendingCount < FLUSH_COUNT || this.#flushing !== undefined || this.#closed) return;
    }
    this.#timer?.cancel();
    const delayMs = this.#pendingCount >= FLUSH_COUNT ? 0 : FLUSH_DELAY_MS;
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.flush().catch((error: unknown) =>
        this.#options.onFatal(error instanceof Error ? error : new Error(String(error))),
      );
    });
  }

  async #flushOnce(sync: boolean): Promise<void> {
    const { database, nodeId } = this.#options;
    const mark = encodeMark({ segment: this.#markedSegment, nodeId });
    const snapshots = [...this.#recent].map(([shardUid, recent]) => ({
      shardUid,
      recent,
      snapshot: recent.beginFlush(),
    }));
    const finished = [...this.#finished];
    const removed = [...this.#removed];
    this.#pendingCount = 0;
    for (const { shardUid, snapshot } of snapshots)
      if (snapshot.cut !== Infinity) await this.#deleteFrom(shardUid, snapshot.cut);
    const changes: KeyValueChange[] = [];
    for (const { snapshot } of snapshots) changes.push(...putsOf(snapshot));
    for (const segment of finished)
      changes.push({ key: segmentKey(segment), value: encodeSummary(this.#summaries.get(segment) ?? new Map()) });
    for (const segment of removed) changes.push({ key: segmentKey(segment), value: undefined });
    changes.push({ key: markKey, value: mark });
    // The mark goes last: what it promises is then in the database.
    for (let start = 0; start < changes.length; start += FLUSH_COUNT)
      await database.write(changes.slice(start, start + FLUSH_COUNT), { sync });
    for (const { shardUid, recent, snapshot } of snapshots) {
      recent.endFlush(snapshot);
      if (recent.empty) this.#recent.delete(shardUid);
    }
    for (const segment of finished) {
      this.#finished.delete(segment);
      this.#summaries.delete(segment);
    }
    for (const segment of removed) this.#removed.delete(segment);
    await this.#deleteTrimmed();
  }

  async #deleteFrom(shardUid: number, offset: number): Promise<void> {
    for (;;) {
      const pairs = await this.#options.database.range({
        from: frameKey(shardUid, offset),
        to: frameKey(shardUid, Infinity),
        limit: DELETE_COUNT_MAX,
      });
      await this.#options.database.write(
        pairs.map(({ key }) => ({ key, value: undefined })),
        { sync: false },
      );
      if (pairs.length < DELETE_COUNT_MAX) return;
    }
  }

  /** A bounded part of what trims made superfluous; the rest waits for the next flush. */
  async #deleteTrimmed(): Promise<void> {
    let budget = DELETE_COUNT_MAX;
    for (const [shardUid, logStart] of this.#trims) {
      if (budget <= 0) return this.#wantFlush();
      const pairs = await this.#options.database.range({
        from: frameKey(shardUid, 0),
        to: frameKey(shardUid, logStart),
        limit: budget,
      });
      const dead = pairs.filter(({ key, value }) => endOffsetOf(decodeLocation(key, value)) <= logStart);
      await this.#options.database.write(
        dead.map(({ key }) => ({ key, value: undefined })),
        { sync: false },
      );
      if (pairs.length < budget && this.#trims.get(shardUid) === logStart) this.#trims.delete(shardUid);
      budget -= pairs.length;
    }
  }
}

function putsOf(snapshot: RecentSnapshot): KeyValueChange[] {
  return snapshot.locations.map((location) => ({
    key: frameKey(location.shardUid, location.baseOffset),
    value: encodeLocation(location),
  }));
}
