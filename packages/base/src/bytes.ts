/** Fixed-width integers beyond 32 bits in Buffers, whose values are safe integers (below 2^53), and UTF-8. */
import { isUtf8 } from "node:buffer";
import { assert } from "./assert.ts";

const TWO_32 = 0x1_0000_0000;

/** Writes `value` as an unsigned 64-bit big-endian integer at `position`. */
export function writeUint64(target: Buffer, value: number, position: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, "a 64-bit field holds a safe non-negative integer");
  target.writeUInt32BE(Math.floor(value / TWO_32), position);
  target.writeUInt32BE(value % TWO_32, position + 4);
}

/** Reads an unsigned 64-bit big-endian integer; values beyond 2^53 lose precision and are for the caller to refuse. */
export function readUint64(source: Buffer, position: number): number {
  return source.readUInt32BE(position) * TWO_32 + source.readUInt32BE(position + 4);
}

/** Whether `bytes` are text in UTF-8. */
export function isUtf8Text(bytes: Uint8Array): boolean {
  return isUtf8(bytes);
}

/** A Buffer over the same memory as `bytes`, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
