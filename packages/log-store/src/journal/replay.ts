/**
 * Reads the journal after a restart: from the segment that the index is complete up to (or from the first one), entry
 * by entry into the replica table and the index. Damage is never papered over: whoever may have lost something is marked.
 */
import { ServiceError } from "@millrace/base";
import { FRAME_HEADER_BYTES, type FrameHeader } from "@millrace/model";
import type { Disk } from "../disk/disk.ts";
import type { FrameIndex } from "../index/frame-index.ts";
import { indexEntry } from "../index/index-journal.ts";
import { DamagedFrames } from "./damaged-frames.ts";
import { decodeCheckpoint, type FinishedSegment } from "./checkpoint.ts";
import { decodeJournalEntry, entryKind } from "./journal-entry.ts";
import type { ReplicaTable } from "./replica-table.ts";
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentFileName,
  segmentNumberOf,
} from "./segment-header.ts";
import { type ScanEvent, scanSegment } from "./segment-scan.ts";
import { SegmentWindow } from "./segment-window.ts";

/** What a replay reads and fills. */
export interface ReplayOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly nodeId: string;
  readonly index: FrameIndex;
  readonly table: ReplicaTable;
  /** Segment that the index is complete up to; undefined: it is empty and everything is read. */
  readonly markedSegment: number | undefined;
}

/** What a replay found besides the table and the index. */
export interface Replayed {
  /** The segments that exist, oldest first. */
  readonly finished: FinishedSegment[];
  /** The oldest segment that was read. */
  readonly firstRead: number;
  /** Some frames could not be read: the index must be checked for gaps. */
  readonly damageFound: boolean;
}

/** Replays. Rejects with DAMAGED when the files belong to another node. */
export async function replayJournal(options: ReplayOptions): Promise<Replayed> {
  const replay = new Replay(options);
  await replay.run();
  return { finished: replay.finished, firstRead: replay.firstRead, damageFound: replay.damageFound };
}

class Replay {
  readonly #options: ReplayOptions;
  finished: FinishedSegment[] = [];
  firstRead = 0;
  damageFound = false;
  /** What may be lost is not known: everybody who is known at the end may be affected. */
  #allDamaged = false;
  readonly #damagedFrames = new DamagedFrames();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { disk, directory, table, index, markedSegment } = this.#options;
    const names = await disk.list(directory);
    const numbers = names.map(segmentNumberOf).filter((number) => number !== undefined);
    numbers.sort((a, b) => a - b);
    const headers = await this.#readHeaders(numbers);
    const first = await this.#firstToRead(numbers, headers);
    this.firstRead = first;
    index.advanceMark(first);
    if (markedSegment !== undefined && markedSegment > (numbers.at(-1) ?? 0)) this.#allDamaged = true;
    for (const number of numbers) if (number >= first) await this.#readSegment(number, headers, numbers);
    this.#markUnrepaired();
    await this.#reportMissing(new Set(numbers));
    if (this.#allDamaged) {
      this.damageFound = true;
      for (const { shardUid, droppedIn } of table.all()) if (droppedIn === 0) table.markDamaged(shardUid);
    }
    const known = new Set(this.finished.map(({ number }) => number));
    for (const number of numbers) if (!known.has(number)) await disk.remove(`${directory}/${segmentFileName(number)}`);
  }

  async #readHeaders(numbers: readonly number[]): Promise<Map<number, SegmentHeader>> {
    const headers = new Map<number, SegmentHeader>();
    for (const number of numbers) {
      const head = await this.#withWindow(
        number,
        (window) => window.get(0, SEGMENT_HEADER_BYTES),
        SEGMENT_HEADER_BYTES,
      );
      const header = decodeSegmentHeader(head);
      if (header === undefined || header.number !== number) continue;
      if (header.nodeId !== this.#options.nodeId)
        throw new ServiceError("DAMAGED", `segment ${number} was written by node ${header.nodeId}, not by this one`);
      headers.set(number, header);
    }
    return headers;
  }

  /** The newest segment at or before the mark whose checkpoint is intact, or the oldest of all. */
  async #firstToRead(numbers: readonly number[], headers: ReadonlyMap<number, SegmentHeader>): Promise<number> {
    const { markedSegment } = this.#options;
    const oldest = numbers[0] ?? 1;
    if (markedSegment === undefined) return oldest;
    for (const number of numbers.toReversed()) {
      const header = headers.get(number);
      if (number > markedSegment || header === undefined) continue;
      const head = await this.#withWindow(number, (window) => firstEvent(scanSegment(window, header, undefined)));
      if (head.type === "entry" && head.header.kind === entryKind.checkpoint) return number;
    }
    return oldest;
  }

  async #readSegment(
    number: number,
    headers: ReadonlyMap<number, SegmentHeader>,
    numbers: readonly number[],
  ): Promise<void> {
    const header = headers.get(number);
    const isLast = number === numbers.at(-1);
    if (header === undefined) return this.#skipUnreadable(number, isLast);
    // Where it ended, as the one after it says.
    const next = headers.get(numbers[numbers.indexOf(number) + 1] ?? 0);
    const knownEnd = next?.previous === number ? next.previousEnd : undefined;
    const countBefore = this.finished.length;
    await this.#withWindow(number, async (window) => {
      for await (const event of scanSegment(window, header, knownEnd)) {
        if (event.type === "end") this.finished.push({ number, end: event.position });
        else await this.#take(event, number);
      }
    });
    const end = this.finished.at(-1)?.end ?? 0;
    // Nothing of the last segment was ever acknowledged: it is as if it had not been begun.
    if (isLast && end <= SEGMENT_HEADER_BYTES && this.finished.length > countBefore) this.finished.pop();
  }

  /** A segment without a readable header: a last one that was never synced, or damage. */
  async #skipUnreadable(number: number, isLast: boolean): Promise<void> {
    const sizeBytes = await this.#withWindow(number, async (window) => {
      const bytes = await window.get(SEGMENT_HEADER_BYTES, FRAME_HEADER_BYTES);
      return bytes.some((byte) => byte !== 0) ? bytes.length : 0;
    });
    if (isLast && sizeBytes === 0) return;
    this.#allDamaged = true;
    this.finished.push({ number, end: SEGMENT_HEADER_BYTES });
  }

  async #take(event: Exclude<ScanEvent, { type: "end" }>, segment: number): Promise<void> {
    const { table, index } = this.#options;
    if (event.type === "damagedRegion") {
      this.#allDamaged = true;
      return;
    }
    if (event.type === "damagedEntry") return this.#takeDamaged(event.header);
    if (event.header.kind === entryKind.checkpoint)
      return this.#takeCheckpoint(event.bytes.subarray(FRAME_HEADER_BYTES));
    const entry = decodeJournalEntry(event.header, event.bytes);
    if (entry === undefined) {
      this.#allDamaged = true;
      return;
    }
    if (entry.kind === "removed") this.finished = this.finished.filter(({ number }) => number !== entry.segment);
    table.apply(entry, segment);
    this.#damagedFrames.apply(entry);
    indexEntry(index, entry, segment, event.position);
    const ready = index.backpressure();
    if (ready !== undefined) await ready;
  }

  #takeDamaged(header: FrameHeader): void {
    this.damageFound = true;
    // A lost checkpoint loses nothing that the segments before did not tell, if they were read.
    if (header.kind === entryKind.checkpoint) this.#allDamaged ||= this.finished.length === 0;
    else if (header.kind === entryKind.removed) return;
    else if (header.kind === entryKind.moved) this.#options.table.markDamaged(header.shardUid, header.baseOffset);
    else if (header.kind < entryKind.state) {
      this.#options.table.applyHeader(header);
      this.#damagedFrames.add(header);
    } else this.#options.table.markDamaged(header.shardUid);
  }

  /** A frame that was repaired lies in the journal again, as it should be, behind its damaged self. */
  #markUnrepaired(): void {
    const { table } = this.#options;
    for (const { shardUid, baseOffset, endOffset } of this.#damagedFrames.remaining()) {
      const replica = table.get(shardUid);
      if (replica?.droppedIn === 0 && endOffset > replica.logStart) table.markDamaged(shardUid, baseOffset);
    }
  }

  /** A checkpoint is the truth about everything before it; what this replay found damaged stays so. */
  #takeCheckpoint(body: Buffer): void {
    const { table } = this.#options;
    const checkpoint = decodeCheckpoint(body);
    this.finished = [...checkpoint.segments];
    for (const replica of checkpoint.replicas) {
      const damagedFrom = table.get(replica.shardUid)?.damagedFrom ?? -1;
      table.set(replica);
      if (damagedFrom >= 0 && replica.droppedIn === 0) table.markDamaged(replica.shardUid, damagedFrom);
    }
  }

  /** Segments that should exist and do not: whoever had frames in them is damaged. */
  async #reportMissing(existing: ReadonlySet<number>): Promise<void> {
    const { table, index } = this.#options;
    for (const { number } of this.finished) {
      if (existing.has(number)) continue;
      this.damageFound = true;
      const summary = await index.summary(number);
      if (summary === undefined) this.#allDamaged = true;
      for (const shardUid of summary?.keys() ?? []) {
        const replica = table.get(shardUid);
        if (replica?.droppedIn === 0) table.markDamaged(shardUid);
      }
    }
    this.finished = this.finished.filter(({ number }) => existing.has(number));
  }

  async #withWindow<T>(number: number, work: (window: SegmentWindow) => Promise<T>, windowBytes?: number): Promise<T> {
    const { disk, directory } = this.#options;
    const file = await disk.open(`${directory}/${segmentFileName(number)}`, "read");
    try {
      return await work(new SegmentWindow(file, windowBytes));
    } finally {
      await file.close();
    }
  }
}

async function firstEvent(events: AsyncGenerator<ScanEvent>): Promise<ScanEvent> {
  for await (const event of events) return event;
  return { type: "end", position: 0 };
}
