/** Chooses the part of a run of frames that one read may return. Pure. */
import { frameEndOffset, frameKind, frameRecords, recordAt, recordUserBytes, type Frame } from "@millrace/model";

/** What a read may still return. The first record always passes. */
export interface SliceBudget {
  records: number;
  userBytes: number;
  /** Nothing has been returned yet: at least one record must be. */
  empty: boolean;
}

/** Frames to send and the offsets they are sent for. */
export interface FrameSlice {
  /** Whole frames of records; the first and last may hold records outside of the slice. */
  readonly frames: readonly Frame[];
  /** Where the next slice begins; offsets before it that carry no record here belong to close and trim frames. */
  readonly endOffset: number;
  readonly userBytes: number;
  readonly records: number;
  /** The budget ended the slice, not the frames. */
  readonly full: boolean;
}

/** Takes from `frames` the offsets in [fromOffset, commitOffset) as far as `budget` goes, and takes that from `budget`. */
export function sliceFrames(
  frames: readonly Frame[],
  fromOffset: number,
  commitOffset: number,
  budget: SliceBudget,
): FrameSlice {
  const taken: Frame[] = [];
  let endOffset = fromOffset;
  let userBytes = 0;
  let records = 0;
  for (const frame of frames) {
    const { header } = frame;
    const frameEnd = frameEndOffset(header);
    if (frameEnd <= endOffset) continue;
    if (frameEnd > commitOffset || header.baseOffset > endOffset) break;
    if (header.kind !== frameKind.records) {
      endOffset = frameEnd;
      continue;
    }
    const part = takeFrom(frame, endOffset - header.baseOffset, budget);
    if (part.records > 0) taken.push(frame);
    endOffset += part.records;
    userBytes += part.userBytes;
    records += part.records;
    if (endOffset < frameEnd) return { frames: taken, endOffset, userBytes, records, full: true };
  }
  return { frames: taken, endOffset, userBytes, records, full: false };
}

function takeFrom(frame: Frame, skip: number, budget: SliceBudget): { records: number; userBytes: number } {
  const { recordCount, userBytes } = frame.header;
  if (skip === 0 && recordCount <= budget.records && userBytes <= budget.userBytes) {
    budget.records -= recordCount;
    budget.userBytes -= userBytes;
    budget.empty = false;
    return { records: recordCount, userBytes };
  }
  const body = frameRecords(frame);
  let position = 0;
  let taken = 0;
  let takenBytes = 0;
  for (let index = 0; index < recordCount; index += 1) {
    const span = recordAt(body, position);
    if (span === undefined) break;
    position = span.end;
    if (index < skip) continue;
    const size = recordUserBytes(span);
    const fits = budget.records >= 1 && budget.userBytes >= size;
    if (!fits && !budget.empty) break;
    budget.empty = false;
    budget.records -= 1;
    budget.userBytes -= size;
    taken += 1;
    takenBytes += size;
  }
  return { records: taken, userBytes: takenBytes };
}

/** The bytes of `frames` one after the other; no copy when they already lie so in memory, as after a read of a file. */
export function joinFrames(frames: readonly Frame[]): Buffer {
  const [first] = frames;
  const last = frames.at(-1);
  if (first === undefined || last === undefined) return Buffer.alloc(0);
  if (frames.length === 1) return first.bytes;
  let expected = first.bytes.byteOffset;
  for (const { bytes } of frames) {
    if (bytes.buffer !== first.bytes.buffer || bytes.byteOffset !== expected) {
      return Buffer.concat(frames.map((frame) => frame.bytes));
    }
    expected += bytes.length;
  }
  return Buffer.from(first.bytes.buffer, first.bytes.byteOffset, expected - first.bytes.byteOffset);
}
