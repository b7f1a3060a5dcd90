/**
 * Frees disk: a finished segment without living frames is removed; one with few living bytes has them copied forward
 * into the journal first. Segments are judged oldest first, a bounded number in one pass.
 */
import type { Clock, TimerHandle } from "@millrace/base";
import type { Frame } from "@millrace/model";
import type { Disk } from "./disk/disk.ts";
import type { FrameIndex } from "./index/frame-index.ts";
import { endOffsetOf, type FrameLocation } from "./index/index-keys.ts";
import type { FinishedSegment } from "./journal/checkpoint.ts";
import type { JournalEntry } from "./journal/journal-entry.ts";
import type { ReplicaTable } from "./journal/replica-table.ts";
import type { SegmentFiles } from "./journal/segment-files.ts";
import { segmentFileName } from "./journal/segment-header.ts";
import { frameAt } from "./shards/log-reader.ts";
import type { ShardTails } from "./shards/shard-tails.ts";

const PASS_DELAY_MS = 500;
/** Segments judged in a pass: the oldest, and as many again in turn from the rest. */
const PASS_SEGMENT_COUNT = 8;
/** Below this share of living bytes a segment is worth copying. */
const MOVE_LIVE_SHARE_MAX = 0.2;
const MOVE_BYTES_MAX = 1024 * 1024;

/** What retention works with. */
export interface RetentionOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly tails: ShardTails;
  readonly table: ReplicaTable;
  readonly index: FrameIndex;
  readonly files: SegmentFiles;
  /** Shared with the writer, oldest first. */
  readonly finished: FinishedSegment[];
  /** Queues entries; resolves when durable, or false when the writer has failed. */
  readonly append: (entries: readonly JournalEntry[]) => Promise<boolean>;
  readonly onFatal: (error: Error) => void;
}

/** See the file comment. */
export class Retention {
  readonly #options: RetentionOptions;
  /** Living bytes by segment as last judged. */
  readonly #liveBytes = new Map<number, number>();
  #timer: TimerHandle | undefined;
  #pass: Promise<void> | undefined;
  #next = 0;
  #closed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Living bytes of all finished segments, as far as known. */
  get liveBytes(): number {
    let sum = 0;
    for (const { number, end } of this.#options.finished) sum += this.#liveBytes.get(number) ?? end;
    return sum;
  }

  /** Something died or a segment was finished: look soon. */
  wake(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.schedule(PASS_DELAY_MS, () => {
      this.#timer = undefined;
      if (this.#pass !== undefined) return this.wake();
      this.#pass = this.#run().finally(() => (this.#pass = undefined));
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#pass;
  }

  async #run(): Promise<void> {
    const { finished, onFatal } = this.#options;
    try {
      const countBefore = finished.length;
      const later = finished.slice(PASS_SEGMENT_COUNT);
      if (this.#next >= later.length) this.#next = 0;
      const inTurn = later.slice(this.#next, this.#next + PASS_SEGMENT_COUNT);
      this.#next += PASS_SEGMENT_COUNT;
      for (const segment of [...finished.slice(0, PASS_SEGMENT_COUNT), ...inTurn])
        if (!this.#closed) await this.#judge(segment);
      // Where one segment went there may be more to go.
      if (finished.length < countBefore) this.wake();
    } catch (error) {
      onFatal(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #judge(segment: FinishedSegment): Promise<void> {
    const summary = await this.#options.index.summary(segment.number);
    if (summary === undefined) return;
    let liveBytes = 0;
    for (const [shardUid, { frameBytes, endOffset }] of summary)
      liveBytes += await this.#liveBytesOf(shardUid, { segment: segment.number, frameBytes, endOffset });
    this.#liveBytes.set(segment.number, liveBytes);
    if (liveBytes >= segment.end * MOVE_LIVE_SHARE_MAX) return;
    for (const [shardUid, { endOffset }] of summary)
      if (!(await this.#moveShard(shardUid, segment.number, endOffset))) return;
    await this.#remove(segment.number);
  }

  /** What the segment at most holds of the living log of a shard. */
  async #liveBytesOf(
    shardUid: number,
    share: { readonly segment: number; readonly frameBytes: number; readonly endOffset: number },
  ): Promise<number> {
    const { tails, table } = this.#options;
    const tail = tails.get(shardUid);
    if (tail === undefined || tail.logStart >= tail.logEnd || share.endOffset <= tail.logStart) return 0;
    if (table.get(shardUid)?.wasCut !== true) return share.frameBytes;
    const living = await this.#living(shardUid, share.segment, share.endOffset);
    return living.reduce((sum, location) => sum + location.lengthBytes, 0);
  }

  /** The shard's living frames that lie in the segment. */
  async #living(shardUid: number, segment: number, endOffset: number): Promise<FrameLocation[]> {
    const { tails, index } = this.#options;
    const living: FrameLocation[] = [];
    const logStart = tails.get(shardUid)?.logStart ?? 0;
    const first = await index.atOrBelow(shardUid, logStart);
    if (first?.segment === segment && endOffsetOf(first) > logStart) living.push(first);
    let from = first === undefined ? logStart : Math.max(logStart, first.baseOffset + 1);
    for (;;) {
      const locations = await index.between(shardUid, from, endOffset);
      const last = locations.at(-1);
      if (last === undefined) return living;
      living.push(...locations.filter((location) => location.segment === segment));
      from = last.baseOffset + 1;
    }
  }

  /** Copies the shard's living frames of the segment forward; false when that is not possible now. */
  async #moveShard(shardUid: number, segment: number, endOffset: number): Promise<boolean> {
    const { tails } = this.#options;
    const tail = tails.get(shardUid);
    if (tail === undefined || tail.logStart >= tail.logEnd || endOffset <= tail.logStart) return true;
    const { version } = tail;
    // A cut on its way to the index makes what the index says now meaningless.
    if (tail.pendingCuts.length > 0) return false;
    const locations = await this.#living(shardUid, segment, endOffset);
    while (locations.length > 0) {
      const frames = await this.#readSome(locations);
      if (frames === undefined || tail.version !== version || this.#closed) return false;
      if (!(await this.#options.append(frames.map((frame) => ({ kind: "moved", frame }))))) return false;
    }
    return tail.version === version;
  }

  /** Takes up to {@link MOVE_BYTES_MAX} off the front of `locations`; undefined when a frame is damaged. */
  async #readSome(locations: FrameLocation[]): Promise<Frame[] | undefined> {
    const frames: Frame[] = [];
    let sizeBytes = 0;
    while (locations.length > 0 && sizeBytes < MOVE_BYTES_MAX) {
      const location = locations.shift();
      if (location === undefined) break;
      const bytes = await this.#options.files.read(location.segment, location.position, location.lengthBytes);
      const frame = frameAt(location, bytes, 0);
      if (frame === undefined) return undefined;
      frames.push(frame);
      sizeBytes += frame.bytes.length;
    }
    return frames;
  }

  /** The index is made durable first: a restart must not need the segment to learn about cuts in it. */
  async #remove(segment: number): Promise<void> {
    const { disk, directory, files, finished, index, append } = this.#options;
    await index.flush({ sync: true });
    if (!(await append([{ kind: "removed", segment }]))) return;
    const place = finished.findIndex(({ number }) => number === segment);
    if (place >= 0) finished.splice(place, 1);
    this.#liveBytes.delete(segment);
    await files.forget(segment);
    await disk.remove(`${directory}/${segmentFileName(segment)}`);
  }
}
