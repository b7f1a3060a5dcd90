/**
 * Protobuf bytes of messages whose sizes are known before they are written (https://protobuf.dev/programming-guides/encoding).
 * Fields that hold their default are left out, as the generated serializers do.
 */
import { assert } from "@millrace/base";
import type { MessageParts } from "../http2/message-codec.ts";

/** Byte fields from this size on are handed on as they are instead of being copied. */
const LARGE_BYTES_MIN = 4096;
const FIXED32_BYTES = 4;

/** Bytes of a number as a varint; `value` is a non-negative safe integer. */
export function varintBytes(value: number): number {
  let count = 1;
  for (; value >= 0x80; value = value < 0x8000_0000 ? value >>> 7 : Math.floor(value / 0x80)) count += 1;
  return count;
}

/** Bytes of a number field with its tag: field number × 8 + wire type. */
export function numberFieldBytes(tag: number, value: number): number {
  return value === 0 ? 0 : varintBytes(tag) + varintBytes(value);
}

/** Bytes of a text field or of a byte field of `length` with its tag. */
export function lengthFieldBytes(tag: number, length: number): number {
  return length === 0 ? 0 : varintBytes(tag) + varintBytes(length) + length;
}

/** Bytes of a fixed32 field with its tag. */
export function fixed32FieldBytes(tag: number, value: number): number {
  return value === 0 ? 0 : varintBytes(tag) + FIXED32_BYTES;
}

/** See the file comment. */
export class WireWriter {
  readonly #bytes: Buffer;
  readonly #parts: Buffer[] = [];
  #position = 0;
  #partStart = 0;

  /** `sizeBytes`: at least what will be written, without large byte fields. */
  constructor(sizeBytes: number) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  varint(value: number): void {
    const bytes = this.#bytes;
    let position = this.#position;
    for (; value >= 0x80; value = value < 0x8000_0000 ? value >>> 7 : Math.floor(value / 0x80)) {
      bytes[position] = (value % 0x80) | 0x80;
      position += 1;
    }
    bytes[position] = value;
    this.#position = position + 1;
  }

  number(tag: number, value: number): void {
    if (value === 0) return;
    this.varint(tag);
    this.varint(value);
  }

  fixed32(tag: number, value: number): void {
    if (value === 0) return;
    this.varint(tag);
    this.#position = this.#bytes.writeUInt32LE(value, this.#position);
  }

  text(tag: number, value: string): void {
    const length = Buffer.byteLength(value);
    if (length === 0) return;
    this.head(tag, length);
    this.#position += this.#bytes.write(value, this.#position, length, length === value.length ? "latin1" : "utf8");
  }

  /** Tag and length of what is written next. */
  head(tag: number, length: number): void {
    this.varint(tag);
    this.varint(length);
  }

  bytes(tag: number, value: Buffer): void {
    if (value.length === 0) return;
    this.head(tag, value.length);
    if (value.length >= LARGE_BYTES_MIN) {
      this.#endPart();
      this.#parts.push(value);
      return;
    }
    this.#bytes.set(value, this.#position);
    this.#position += value.length;
  }

  /** What was written, in order. The writer is of no further use. */
  finish(): MessageParts {
    assert(this.#position <= this.#bytes.length, "sizes are counted before writing");
    this.#endPart();
    return this.#parts;
  }

  #endPart(): void {
    if (this.#position > this.#partStart) this.#parts.push(this.#bytes.subarray(this.#partStart, this.#position));
    this.#partStart = this.#position;
  }
}

/** What a byte field takes of a writer's size. */
export function copiedBytes(length: number): number {
  return length >= LARGE_BYTES_MIN ? 0 : length;
}
