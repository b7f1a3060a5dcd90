/**
 * Keys and values of the index database. All integers are big-endian, so byte order is numeric order.
 *
 * ```
 * key   "f" u64 shardUid, u64 baseOffset
 * value u64 segment, u32 position, u32 lengthBytes, u32 recordCount, u64 arrivalMs, u32 epoch, u8 kind
 *
 * key   "s" u64 segment                      a finished segment
 * value count × { u64 shardUid, u64 frameBytes, u64 endOffset }    endOffset: the greatest of its frames
 *
 * key   "m"                                  everything of the journal before this segment is in the index
 * value u64 segment, 36 bytes node id
 * ```
 */
import { readUint64, writeUint64 } from "@millrace/base";

/** A frame and where its bytes lie. */
export interface FrameLocation {
  readonly shardUid: number;
  readonly baseOffset: number;
  readonly segment: number;
  readonly position: number;
  readonly lengthBytes: number;
  readonly recordCount: number;
  readonly arrivalMs: number;
  readonly epoch: number;
  readonly kind: number;
}

/** What a segment holds of each shard. */
export type SegmentSummary = Map<number, { frameBytes: number; endOffset: number }>;

/** Up to which segment the index is complete, and whose journal it belongs to. */
export interface IndexMark {
  readonly segment: number;
  readonly nodeId: string;
}

/** The key of {@link IndexMark}. */
export const markKey: Buffer = Buffer.from("m");
const FRAME_PREFIX = 0x66;
const SEGMENT_PREFIX = 0x73;

/** The offset after the frame's last record. */
export function endOffsetOf(location: FrameLocation): number {
  return location.baseOffset + location.recordCount;
}

/** The key of the frame of `shardUid` that begins at `baseOffset`. */
export function frameKey(shardUid: number, baseOffset: number): Buffer {
  const key = Buffer.allocUnsafe(17);
  key[0] = FRAME_PREFIX;
  writeUint64(key, shardUid, 1);
  writeUint64(key, Math.min(baseOffset, Number.MAX_SAFE_INTEGER), 9);
  return key;
}

/** The key of a segment's summary. */
export function segmentKey(segment: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = SEGMENT_PREFIX;
  writeUint64(key, segment, 1);
  return key;
}

/** The value under {@link frameKey}. */
export function encodeLocation(location: FrameLocation): Buffer {
  const value = Buffer.allocUnsafe(33);
  writeUint64(value, location.segment, 0);
  value.writeUInt32BE(location.position, 8);
  value.writeUInt32BE(location.lengthBytes, 12);
  value.writeUInt32BE(location.recordCount, 16);
  writeUint64(value, location.arrivalMs, 20);
  value.writeUInt32BE(location.epoch, 28);
  value[32] = location.kind;
  return value;
}

/** Decodes a pair written with {@link frameKey} and {@link encodeLocation}. */
export function decodeLocation(key: Buffer, value: Buffer): FrameLocation {
  return {
    shardUid: readUint64(key, 1),
    baseOffset: readUint64(key, 9),
    segment: readUint64(value, 0),
    position: value.readUInt32BE(8),
    lengthBytes: value.readUInt32BE(12),
    recordCount: value.readUInt32BE(16),
    arrivalMs: readUint64(value, 20),
    epoch: value.readUInt32BE(28),
    kind: value[32] ?? 0,
  };
}

/** The value under {@link segmentKey}. */
export function encodeSummary(summary: SegmentSummary): Buffer {
  const value = Buffer.allocUnsafe(summary.size * 24);
  let position = 0;
  for (const [shardUid, { frameBytes, endOffset }] of summary) {
    writeUint64(value, shardUid, position);
    writeUint64(value, frameBytes, position + 8);
    writeUint64(value, endOffset, position + 16);
    position += 24;
  }
  return value;
}

/** Decodes {@link encodeSummary}. */
export function decodeSummary(value: Buffer): SegmentSummary {
  const summary: SegmentSummary = new Map();
  for (let position = 0; position + 24 <= value.length; position += 24)
    summary.set(readUint64(value, position), {
      frameBytes: readUint64(value, position + 8),
      endOffset: readUint64(value, position + 16),
    });
  return summary;
}

/** The value under {@link markKey}. */
export function encodeMark(mark: IndexMark): Buffer {
  const value = Buffer.alloc(44);
  writeUint64(value, mark.segment, 0);
  value.write(mark.nodeId, 8, 36, "latin1");
  return value;
}

/** Decodes {@link encodeMark}. */
export function decodeMark(value: Buffer): IndexMark {
  return { segment: readUint64(value, 0), nodeId: value.toString("latin1", 8, 44) };
}
