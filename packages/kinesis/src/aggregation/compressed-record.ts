/**
 * Compression of record data, an option of Millrace's producer that Millrace's worker undoes. What is compressed is all data
 * of one Kinesis record: a plain record's, or a whole aggregate. All integers are big-endian.
 *
 * | at | size | field                                              |
 * |---:|-----:|----------------------------------------------------|
 * |  0 |    4 | magic: 8A 4D 5A 52                                 |
 * |  4 |    1 | method: 0 stored as it is, 1 deflate (RFC 1951)    |
 * |  5 |    4 | length of the data before compression              |
 * |  9 |    4 | CRC-32 of the data before compression              |
 * | 13 |    … | the data, compressed by the method                 |
 */
import { asBuffer, crc32, deflate, inflate } from "@millrace/base";

const MAGIC = Buffer.from([0x8a, 0x4d, 0x5a, 0x52]);
const METHOD_STORED = 0;
const METHOD_DEFLATE = 1;
const HEADER_BYTES = 13;
/** The largest record Kinesis takes is 10 MiB; nothing that expands beyond this was made by a producer of ours. */
const EXPANDED_BYTES_MAX = 10 * 1024 * 1024;

/** Whether `data` begins as compressed records do. */
export function hasCompressionMagic(data: Uint8Array): boolean {
  return data.length >= HEADER_BYTES && asBuffer(data).subarray(0, MAGIC.length).equals(MAGIC);
}

/**
 * `data` in the framing of this file when that is shorter, else as it is. Data that happens to begin like a compressed record is
 * always framed, so that reading it back gives what was put. `data` has at most 10 MiB.
 */
export function compressRecord(data: Uint8Array): Uint8Array {
  const body = deflate(data);
  if (HEADER_BYTES + body.length < data.length) return framed(METHOD_DEFLATE, data, body);
  return hasCompressionMagic(data) ? framed(METHOD_STORED, data, data) : data;
}

/** What was compressed, or undefined when `data` is not what {@link compressRecord} makes, or was damaged. */
export function expandCompressed(data: Uint8Array): Uint8Array | undefined {
  if (!hasCompressionMagic(data)) return undefined;
  const bytes = asBuffer(data);
  const length = bytes.readUInt32BE(5);
  if (length > EXPANDED_BYTES_MAX) return undefined;
  const body = bytes.subarray(HEADER_BYTES);
  const expanded = bytes[4] === METHOD_DEFLATE ? inflate(body, length) : bytes[4] === METHOD_STORED ? body : undefined;
  return expanded?.length === length && crc32(expanded) === bytes.readUInt32BE(9) ? expanded : undefined;
}

function framed(method: number, data: Uint8Array, body: Uint8Array): Buffer {
  const target = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  MAGIC.copy(target);
  target[4] = method;
  target.writeUInt32BE(data.length, 5);
  target.writeUInt32BE(crc32(data), 9);
  target.set(body, HEADER_BYTES);
  return target;
}
