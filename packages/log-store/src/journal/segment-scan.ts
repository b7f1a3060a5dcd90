/**
 * Walks over one segment batch by batch and tells apart a torn tail (the last batch, never acknowledged, whole or not
 * at all) from damage (bytes that were once synced and are no longer what they were).
 */
import { asBuffer, writeUint64 } from "@millrace/base";
import { decodeFrameHeader, FRAME_HEADER_BYTES, frameBodyIntact, type FrameHeader } from "@millrace/model";
import { BATCH_HEADER_BYTES, decodeBatchHeader } from "./batch-header.ts";
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from "./segment-header.ts";
import type { SegmentWindow } from "./segment-window.ts";

/** What a scan comes across, in the order of the file. */
export type ScanEvent =
  /** An intact entry; `bytes` include the header. */
  | { readonly type: "entry"; readonly position: number; readonly header: FrameHeader; readonly bytes: Buffer }
  /** The header is intact, the body is not. */
  | { readonly type: "damagedEntry"; readonly position: number; readonly header: FrameHeader }
  /** Nobody can tell what was here. */
  | { readonly type: "damagedRegion"; readonly position: number }
  /** The segment ends here; always the last event. */
  | { readonly type: "end"; readonly position: number };

const SEARCH_BYTES = 1024 * 1024;

/** Scans from the first batch to `knownEnd`, or when that is not known to the end of the last whole batch. */
export async function* scanSegment(
  window: SegmentWindow,
  segment: SegmentHeader,
  knownEnd: number | undefined,
): AsyncGenerator<ScanEvent> {
  let position = SEGMENT_HEADER_BYTES;
  while (position < (knownEnd ?? Infinity)) {
    const batch = decodeBatchHeader(segment, await window.get(position, BATCH_HEADER_BYTES), position);
    if (batch === undefined) {
      const next = (await findBatch(window, segment, position + 1)) ?? knownEnd;
      if (next === undefined) break;
      yield { type: "damagedRegion", position };
      position = next;
      continue;
    }
    const payloadStart = position + BATCH_HEADER_BYTES;
    const payloadEnd = payloadStart + batch.payloadBytes;
    const payload = await window.get(payloadStart, batch.payloadBytes);
    const entries = [...entriesOf(payload, payloadStart, payloadEnd)];
    const whole = entries.every(({ type }) => type === "entry") && entries.length === batch.entryCount;
    if (!whole && knownEnd === undefined && (await findBatch(window, segment, payloadStart)) === undefined) break;
    yield* entries;
    position = payloadEnd;
  }
  yield { type: "end", position };
}

function* entriesOf(payload: Buffer, start: number, end: number): Generator<ScanEvent> {
  let offset = 0;
  while (start + offset < end) {
    const position = start + offset;
    const header = decodeFrameHeader(payload, offset);
    if (header === undefined || position + header.lengthBytes > end) {
      yield { type: "damagedRegion", position };
      return;
    }
    const bytes = payload.subarray(offset, offset + header.lengthBytes);
    const intact = frameBodyIntact(header, bytes);
    yield intact ? { type: "entry", position, header, bytes } : { type: "damagedEntry", position, header };
    offset += header.lengthBytes;
  }
}

/** Position of the first intact batch header at or after `from`. The segment's salt makes forgery impossible. */
export async function findBatch(
  window: SegmentWindow,
  segment: SegmentHeader,
  from: number,
): Promise<number | undefined> {
  const salt = asBuffer(Buffer.alloc(8));
  writeUint64(salt, segment.salt, 0);
  const saltOffset = FRAME_HEADER_BYTES / 4;
  for (let start = from; ; start += SEARCH_BYTES) {
    const bytes = await window.get(start, SEARCH_BYTES + BATCH_HEADER_BYTES);
    let found = bytes.indexOf(salt);
    for (; found >= 0; found = bytes.indexOf(salt, found + 1)) {
      const position = start + found - saltOffset;
      if (position < from) continue;
      const header = await window.get(position, BATCH_HEADER_BYTES);
      if (decodeBatchHeader(segment, header, position) !== undefined) return position;
    }
    if (bytes.length < SEARCH_BYTES + BATCH_HEADER_BYTES) return undefined;
  }
}
