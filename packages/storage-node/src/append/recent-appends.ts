/**
 * The append ids of a shard's latest frames, kept by every replica as frames pass through it, so that a new leader knows
 * them without reading its disk. A repeat finds the offset and time of the original.
 *
 * Limits: ids noted more than {@link APPEND_ID_AGE_MS} ago go as new frames come; of younger ones the newest
 * {@link RECENT_IDS_MAX} per shard stay. Age is by this process's monotonic clock: arrival times jump when a leader's wall
 * clock does. SDKs give up a request after tens of seconds; at the API's 1,000 records/s per shard the count is 65 s
 * of single puts, and five minutes of anything batched.
 */
import { APPEND_ID_AGE_MS, APPEND_ID_ENTRY_BYTES, FRAME_HEADER_BYTES, frameKind, type Frame } from "@millrace/model";

/** Ids remembered per shard. */
export const RECENT_IDS_MAX = 65_536;

/** Where the records of an append lie. */
export interface RememberedAppend {
  readonly baseOffset: number;
  readonly recordCount: number;
  readonly arrivalMs: number;
}

interface FrameIds {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly arrivalMs: number;
  /** Monotonic time at which it was noted here. */
  readonly notedMs: number;
  /** Copied out of the frame: a slice would keep the whole frame in memory. */
  readonly ids: Buffer;
}

/** See the file comment. */
export class RecentAppends {
  #frames: FrameIds[] = [];
  /** Frames before this position of the array were forgotten; compacted now and then. */
  #first = 0;
  #idCount = 0;
  /** Built at the first look-up (followers never need it), kept true from then on. */
  #index: Map<string, FrameIds> | undefined;
  /** Every frame in [coveredFrom, end of log) has passed; Infinity before the first one. */
  #coveredFrom = Number.POSITIVE_INFINITY;

  get idCount(): number {
    return this.#idCount;
  }

  /** Frames before this offset were never seen here: a leader reads them back before it trusts `find`. */
  get coveredFrom(): number {
    return this.#coveredFrom;
  }

  /** Takes note of the next frame of the log at monotonic time `nowMs`. */
  remember(frame: Frame, nowMs: number): void {
    const { header } = frame;
    this.#coveredFrom = Math.min(this.#coveredFrom, header.baseOffset);
    if (header.kind !== frameKind.records || header.appendIdCount === 0) return;
    this.#push(entryOf(frame, nowMs));
    this.#forgetOld(nowMs);
  }

  /** Puts frames read back from the log before those already known. Oldest first; `from` is now covered. */
  prepend(frames: readonly Frame[], from: number, nowMs: number): void {
    const known = this.#frames.slice(this.#first);
    const before = this.#coveredFrom;
    this.clear();
    for (const frame of frames) {
      const { header } = frame;
      if (header.kind === frameKind.records && header.appendIdCount > 0 && header.baseOffset < before) {
        this.#push(entryOf(frame, nowMs));
      }
    }
    for (const entry of known) this.#push(entry);
    this.#coveredFrom = Math.min(from, before);
  }

  find(id: string): RememberedAppend | undefined {
    this.#index ??= this.#buildIndex();
    const entry = this.#index.get(id);
    if (entry === undefined) return undefined;
    const { ids } = entry;
    for (let at = 0; at < ids.length; at += APPEND_ID_ENTRY_BYTES) {
      if (ids.toString("hex", at, at + 16) !== id) continue;
      return {
        baseOffset: entry.baseOffset + ids.readUInt32BE(at + 16),
        recordCount: ids.readUInt32BE(at + 20),
        arrivalMs: entry.arrivalMs,
      };
    }
    return undefined;
  }

  /** The log was cut to end at `logEnd`. */
  truncate(logEnd: number): void {
    let last = this.#frames.at(-1);
    while (this.#frames.length > this.#first && last !== undefined && last.endOffset > logEnd) {
      this.#frames.pop();
      this.#idCount -= last.ids.length / APPEND_ID_ENTRY_BYTES;
      last = this.#frames.at(-1);
    }
    if (this.#coveredFrom > logEnd) this.#coveredFrom = Number.POSITIVE_INFINITY;
    this.#index = undefined;
  }

  clear(): void {
    this.#frames = [];
    this.#first = 0;
    this.#idCount = 0;
    this.#index = undefined;
    this.#coveredFrom = Number.POSITIVE_INFINITY;
  }

  /** Frees what only a leader needs. */
  dropIndex(): void {
    this.#index = undefined;
  }

  #push(entry: FrameIds): void {
    this.#frames.push(entry);
    this.#idCount += entry.ids.length / APPEND_ID_ENTRY_BYTES;
    if (this.#index !== undefined) for (const id of idsOf(entry)) this.#index.set(id, entry);
  }

  #forgetOld(nowMs: number): void {
    let oldest = this.#frames[this.#first];
    while (oldest !== undefined && (oldest.notedMs < nowMs - APPEND_ID_AGE_MS || this.#idCount > RECENT_IDS_MAX)) {
      if (this.#index !== undefined) for (const id of idsOf(oldest)) this.#index.delete(id);
      this.#idCount -= oldest.ids.length / APPEND_ID_ENTRY_BYTES;
      this.#first += 1;
      oldest = this.#frames[this.#first];
    }
    if (this.#first > 1024 && this.#first * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
  }

  #buildIndex(): Map<string, FrameIds> {
    const index = new Map<string, FrameIds>();
    for (let at = this.#first; at < this.#frames.length; at += 1) {
      const entry = this.#frames[at];
      if (entry !== undefined) for (const id of idsOf(entry)) index.set(id, entry);
    }
    return index;
  }
}

function entryOf(frame: Frame, notedMs: number): FrameIds {
  const { header, bytes } = frame;
  const idsEnd = FRAME_HEADER_BYTES + header.appendIdCount * APPEND_ID_ENTRY_BYTES;
  return {
    baseOffset: header.baseOffset,
    endOffset: header.baseOffset + header.recordCount,
    arrivalMs: header.arrivalMs,
    notedMs,
    ids: Buffer.from(bytes.subarray(FRAME_HEADER_BYTES, idsEnd)),
  };
}

function* idsOf(entry: FrameIds): Generator<string> {
  for (let at = 0; at < entry.ids.length; at += APPEND_ID_ENTRY_BYTES) yield entry.ids.toString("hex", at, at + 16);
}
