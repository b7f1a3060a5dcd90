/**
 * The 64 bytes before the entries of one group commit, in the header form of frames (kind 20). A batch counts whole or
 * not at all, which makes every submission atomic; and an intact batch proves that the one before it was synced.
 *
 * Fields used: shardUid = the segment's salt, baseOffset = the header's own position, arrivalMs = segment number,
 * recordCount = entries that follow, userBytes = their bytes. A batch without entries closes a journal that was shut
 * down in order.
 */
import { decodeFrameHeader, FRAME_HEADER_BYTES } from "@millrace/model";
import { encodeOwn, entryKind } from "./journal-entry.ts";
import type { SegmentHeader } from "./segment-header.ts";

/** Bytes of a batch before its entries. */
export const BATCH_HEADER_BYTES: number = FRAME_HEADER_BYTES;

/** Where a batch lies and what follows its header. */
export interface BatchHeader {
  readonly position: number;
  readonly entryCount: number;
  readonly payloadBytes: number;
}

type SegmentIdentity = Pick<SegmentHeader, "number" | "salt">;

/** The header's bytes. */
export function encodeBatchHeader(segment: SegmentIdentity, batch: BatchHeader): Buffer {
  const [header] = encodeOwn({
    kind: entryKind.batch,
    shardUid: segment.salt,
    baseOffset: batch.position,
    arrivalMs: segment.number,
    recordCount: batch.entryCount,
    userBytes: batch.payloadBytes,
  });
  return header ?? Buffer.alloc(0);
}

/** The batch header in `bytes`, read from `position` of the segment; undefined when there is none made for that place. */
export function decodeBatchHeader(segment: SegmentIdentity, bytes: Buffer, position: number): BatchHeader | undefined {
  const header = decodeFrameHeader(bytes);
  if (header?.kind !== entryKind.batch || header.lengthBytes !== BATCH_HEADER_BYTES) return undefined;
  if (header.shardUid !== segment.salt || header.arrivalMs !== segment.number) return undefined;
  if (header.baseOffset !== position) return undefined;
  return { position, entryCount: header.recordCount, payloadBytes: header.userBytes };
}
