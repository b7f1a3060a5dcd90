/**
 * One record inside a frame body, written by the gateway and read by it again; nobody between looks inside.
 *
 * ```
 * 0 u32 dataLength
 * 4 u16 keyLength    UTF-8 bytes of the partition key
 * 6 u8  flags        1: an explicit hash key follows the key; 2: put without a partition key
 * 7 key, then 16 bytes explicit hash key when flagged, then data
 * ```
 */

/** Bytes of a record before its key. */
export const RECORD_HEADER_BYTES = 7;
/** Set when 16 bytes of explicit hash key lie between key and data. */
export const RECORD_FLAG_EXPLICIT_HASH_KEY = 1;
/** Set when the record was put without a partition key (service-managed distribution). */
export const RECORD_FLAG_NO_PARTITION_KEY = 2;
const EXPLICIT_HASH_KEY_BYTES = 16;

/** Where the parts of a record lie in the buffer it was found in. */
export interface RecordSpan {
  /** Position of the first byte of the record and of the byte after it. */
  readonly start: number;
  readonly end: number;
  readonly flags: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly dataStart: number;
}

/** Encoded size of a record. */
export function recordBytes(keyBytes: number, dataBytes: number, explicitHashKey: boolean): number {
  return RECORD_HEADER_BYTES + keyBytes + (explicitHashKey ? EXPLICIT_HASH_KEY_BYTES : 0) + dataBytes;
}

/** Finds the record at `position`, or undefined when it does not lie wholly inside `bytes`. */
export function recordAt(bytes: Buffer, position: number): RecordSpan | undefined {
  if (position + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const dataLength = bytes.readUInt32BE(position);
  const keyLength = bytes.readUInt16BE(position + 4);
  const flags = bytes[position + 6] ?? 0;
  const keyStart = position + RECORD_HEADER_BYTES;
  const keyEnd = keyStart + keyLength;
  const dataStart = keyEnd + (flags & RECORD_FLAG_EXPLICIT_HASH_KEY ? EXPLICIT_HASH_KEY_BYTES : 0);
  const end = dataStart + dataLength;
  if (end > bytes.length) return undefined;
  return { start: position, end, flags, keyStart, keyEnd, dataStart };
}

/** Bytes that count against limits: key and data. */
export function recordUserBytes(span: RecordSpan): number {
  return span.keyEnd - span.keyStart + (span.end - span.dataStart);
}
