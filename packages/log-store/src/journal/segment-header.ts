/**
 * The first 64 bytes of a segment file, and its name. All integers are big-endian; `docs/formats/journal.md` is the
 * document of the whole file.
 *
 * ```
 *  0 u32 magic          "MRJL"
 *  4 u32 headerCrc      crc32 of bytes 8..63
 *  8 u8  version        1
 *  9 7 bytes            0
 * 16 u64 number         1, 2, 3 …
 * 24 16 bytes node      node uuid
 * 40 u64 previous       number of the segment before, 0 for the first
 * 48 u32 previousEnd    where its last batch ends: what lies behind was never acknowledged
 * 52 u32                0
 * 56 u64 salt           48 random bits repeated in every batch header: nothing a client sends can look like one
 * ```
 */
import { crc32, readUint64, writeUint64 } from "@millrace/base";

/** Bytes of a segment before its first batch. */
export const SEGMENT_HEADER_BYTES = 64;
const MAGIC = 0x4d524a4c;
const VERSION = 1;

/** The decoded header. */
export interface SegmentHeader {
  readonly number: number;
  readonly nodeId: string;
  readonly previous: number;
  readonly previousEnd: number;
  readonly salt: number;
}

/** File name of a segment; names sort as numbers do. */
export function segmentFileName(number: number): string {
  return `${String(number).padStart(12, "0")}.log`;
}

/** The number in a segment file's name, undefined for other files. */
export function segmentNumberOf(fileName: string): number | undefined {
  return /^\d{12}\.log$/.test(fileName) ? Number(fileName.slice(0, 12)) : undefined;
}

/** The 64 bytes of `header`. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes[8] = VERSION;
  writeUint64(bytes, header.number, 16);
  bytes.write(header.nodeId.replaceAll("-", ""), 24, 16, "hex");
  writeUint64(bytes, header.previous, 40);
  bytes.writeUInt32BE(header.previousEnd, 48);
  writeUint64(bytes, header.salt, 56);
  bytes.writeUInt32BE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

/** Decodes 64 bytes, or answers undefined when they are not an intact header of a known version. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.readUInt32BE(0) !== MAGIC || bytes[8] !== VERSION) return undefined;
  if (crc32(bytes.subarray(8, SEGMENT_HEADER_BYTES)) !== bytes.readUInt32BE(4)) return undefined;
  return {
    number: readUint64(bytes, 16),
    nodeId: formatUuid(bytes.toString("hex", 24, 40)),
    previous: readUint64(bytes, 40),
    previousEnd: bytes.readUInt32BE(48),
    salt: readUint64(bytes, 56),
  };
}

function formatUuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
