/**
 * A frame: one batch of records of one shard, the unit of append, replication, storage and reading. The leader makes
 * it once; the same bytes lie in three journals and are what a read slices. This file is the document of those bytes
 * (also `docs/formats/frame.md`). All integers are big-endian.
 *
 * ```
 *  0 u32 lengthBytes   whole frame, header included
 *  4 u32 headerCrc     crc32 of bytes 8..63
 *  8 u8  version       1
 *  9 u8  kind          1 records, 2 close, 3 trim; journals use 16 and above for their own entries
 * 10 u16 appendIdCount
 * 12 u32 bodyCrc       crc32 of bytes 64..lengthBytes
 * 16 u64 shardUid
 * 24 u32 epoch         the epoch in which the leader made the frame
 * 28 u32 recordCount   offsets the frame takes: records, or 1 for close and trim
 * 32 u64 baseOffset    offset of the first record
 * 40 u64 arrivalMs     arrival time of every record in the frame, never below that of the frame before
 * 48 u32 prevEpoch     epoch of the frame before this one in the shard, 0 for the first
 * 52 u32 userBytes     sum of partition key and data bytes
 * 56 u64 reserved      0
 * 64 append ids        appendIdCount × {16 bytes id, u32 first record, u32 record count}
 *    records           see record.ts; for a trim frame a u64: the offset below which records are gone
 * ```
 */
import { assert, crc32, readUint64, writeUint64 } from "@millrace/base";

/** Bytes of a frame before its body. */
export const FRAME_HEADER_BYTES = 64;
/** Bytes of one append id entry. */
export const APPEND_ID_ENTRY_BYTES = 24;
/** Leaders recognise the id of an append for as long, unless too many follow. SDKs give up a request after tens of seconds. */
export const APPEND_ID_AGE_MS: number = 5 * 60_000;
const FRAME_VERSION = 1;

/** What a frame carries. */
export const frameKind = { records: 1, close: 2, trim: 3 } as const;
/** A value of {@link frameKind}. */
export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

/** The decoded header of a frame. */
export interface FrameHeader {
  readonly lengthBytes: number;
  readonly kind: number;
  readonly appendIdCount: number;
  readonly bodyCrc: number;
  readonly shardUid: number;
  readonly epoch: number;
  readonly recordCount: number;
  readonly baseOffset: number;
  readonly arrivalMs: number;
  readonly prevEpoch: number;
  readonly userBytes: number;
}

/** A frame with its bytes. `bytes` are never changed once made; `header` is what they decode to. */
export interface Frame {
  readonly header: FrameHeader;
  readonly bytes: Buffer;
}

/** Names the retryable append whose records start at `firstRecord` of the frame. `id` is 16 bytes in hex. */
export interface AppendId {
  readonly id: string;
  readonly firstRecord: number;
  readonly recordCount: number;
}

/** What the maker of a frame decides; lengths, counts of ids and checksums are computed. */
export interface FrameDraft {
  readonly kind: FrameKind;
  readonly shardUid: number;
  readonly epoch: number;
  readonly recordCount: number;
  readonly baseOffset: number;
  readonly arrivalMs: number;
  readonly prevEpoch: number;
  readonly userBytes: number;
  readonly appendIds: readonly AppendId[];
  /** Encoded records in order (or the trim offset); copied into the frame. */
  readonly bodies: readonly Uint8Array[];
}

/** Builds the frame's bytes: the only copy of record bytes on the write path of a leader. */
export function encodeFrame(draft: FrameDraft): Frame {
  const idsBytes = draft.appendIds.length * APPEND_ID_ENTRY_BYTES;
  let lengthBytes = FRAME_HEADER_BYTES + idsBytes;
  for (const body of draft.bodies) lengthBytes += body.length;
  const bytes = Buffer.allocUnsafe(lengthBytes);
  let position = FRAME_HEADER_BYTES;
  for (const entry of draft.appendIds) {
    bytes.write(entry.id, position, 16, "hex");
    bytes.writeUInt32BE(entry.firstRecord, position + 16);
    bytes.writeUInt32BE(entry.recordCount, position + 20);
    position += APPEND_ID_ENTRY_BYTES;
  }
  for (const body of draft.bodies) {
    bytes.set(body, position);
    position += body.length;
  }
  const header: FrameHeader = {
    lengthBytes,
    kind: draft.kind,
    appendIdCount: draft.appendIds.length,
    bodyCrc: crc32(bytes.subarray(FRAME_HEADER_BYTES)),
    shardUid: draft.shardUid,
    epoch: draft.epoch,
    recordCount: draft.recordCount,
    baseOffset: draft.baseOffset,
    arrivalMs: draft.arrivalMs,
    prevEpoch: draft.prevEpoch,
    userBytes: draft.userBytes,
  };
  writeFrameHeader(bytes, header);
  return { header, bytes };
}

/** Writes all 64 header bytes, checksum included. Also used by the journal for its own entry kinds. */
export function writeFrameHeader(bytes: Buffer, header: FrameHeader): void {
  bytes.writeUInt32BE(header.lengthBytes, 0);
  bytes[8] = FRAME_VERSION;
  bytes[9] = header.kind;
  bytes.writeUInt16BE(header.appendIdCount, 10);
  bytes.writeUInt32BE(header.bodyCrc, 12);
  writeUint64(bytes, header.shardUid, 16);
  bytes.writeUInt32BE(header.epoch, 24);
  bytes.writeUInt32BE(header.recordCount, 28);
  writeUint64(bytes, header.baseOffset, 32);
  writeUint64(bytes, header.arrivalMs, 40);
  bytes.writeUInt32BE(header.prevEpoch, 48);
  bytes.writeUInt32BE(header.userBytes, 52);
  bytes.writeUInt32BE(0, 56);
  bytes.writeUInt32BE(0, 60);
  bytes.writeUInt32BE(crc32(bytes.subarray(8, FRAME_HEADER_BYTES)), 4);
}

/**
 * Decodes the header at `position`, or answers undefined when the bytes there are not an intact header of a known
 * version. Says nothing about the body: see {@link frameBodyIntact}.
 */
export function decodeFrameHeader(bytes: Buffer, position = 0): FrameHeader | undefined {
  if (position + FRAME_HEADER_BYTES > bytes.length) return undefined;
  if (bytes[position + 8] !== FRAME_VERSION) return undefined;
  const lengthBytes = bytes.readUInt32BE(position);
  if (lengthBytes < FRAME_HEADER_BYTES) return undefined;
  const checksum = crc32(bytes.subarray(position + 8, position + FRAME_HEADER_BYTES));
  if (checksum !== bytes.readUInt32BE(position + 4)) return undefined;
  return {
    lengthBytes,
    kind: bytes[position + 9] ?? 0,
    appendIdCount: bytes.readUInt16BE(position + 10),
    bodyCrc: bytes.readUInt32BE(position + 12),
    shardUid: readUint64(bytes, position + 16),
    epoch: bytes.readUInt32BE(position + 24),
    recordCount: bytes.readUInt32BE(position + 28),
    baseOffset: readUint64(bytes, position + 32),
    arrivalMs: readUint64(bytes, position + 40),
    prevEpoch: bytes.readUInt32BE(position + 48),
    userBytes: bytes.readUInt32BE(position + 52),
  };
}

/** Whether the body of the frame (exactly `header.lengthBytes` bytes) matches its checksum. */
export function frameBodyIntact(header: FrameHeader, bytes: Uint8Array): boolean {
  if (bytes.length !== header.lengthBytes) return false;
  return crc32(bytes.subarray(FRAME_HEADER_BYTES)) === header.bodyCrc;
}

/**
 * Splits `bytes`, a concatenation of whole frames, into frames without copying. Answers undefined when any header or
 * body is damaged or the last frame is cut short.
 */
export function decodeFrames(bytes: Buffer): Frame[] | undefined {
  const frames: Frame[] = [];
  let position = 0;
  while (position < bytes.length) {
    const header = decodeFrameHeader(bytes, position);
    if (header === undefined) return undefined;
    const end = position + header.lengthBytes;
    if (end > bytes.length) return undefined;
    const frame = { header, bytes: bytes.subarray(position, end) };
    if (!frameBodyIntact(header, frame.bytes)) return undefined;
    frames.push(frame);
    position = end;
  }
  return frames;
}

/** The append ids of a frame, for the leader's memory of recent appends. */
export function frameAppendIds(frame: Frame): AppendId[] {
  const ids: AppendId[] = [];
  for (let index = 0; index < frame.header.appendIdCount; index += 1) {
    const position = FRAME_HEADER_BYTES + index * APPEND_ID_ENTRY_BYTES;
    ids.push({
      id: frame.bytes.toString("hex", position, position + 16),
      firstRecord: frame.bytes.readUInt32BE(position + 16),
      recordCount: frame.bytes.readUInt32BE(position + 20),
    });
  }
  return ids;
}

/** The encoded records of a records frame. */
export function frameRecords(frame: Frame): Buffer {
  return frame.bytes.subarray(FRAME_HEADER_BYTES + frame.header.appendIdCount * APPEND_ID_ENTRY_BYTES);
}

/** The offset below which a trim frame says records are gone. */
export function frameTrimOffset(frame: Frame): number {
  assert(frame.header.kind === frameKind.trim, "only a trim frame carries a trim offset");
  return readUint64(frame.bytes, FRAME_HEADER_BYTES);
}

/** The offset after the frame's last record. */
export function frameEndOffset(header: FrameHeader): number {
  return header.baseOffset + header.recordCount;
}
