/** Protobuf bytes field by field. Whatever does not fit the bytes ends in `failed`: the caller leaves the message to the generated decoder. */

const VARINT_BYTES_MAX = 10;

/** See the file comment. Byte fields are slices of `bytes`. */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #position: number;
  failed = false;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  get position(): number {
    return this.#position;
  }

  /** False at the end and after a failure. */
  get more(): boolean {
    return !this.failed && this.#position < this.#end;
  }

  varint(): number {
    const bytes = this.#bytes;
    let value = 0;
    let factor = 1;
    for (let count = 0; count < VARINT_BYTES_MAX && this.#position < this.#end; count += 1) {
      const byte = bytes[this.#position] ?? 0;
      this.#position += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) this.failed = true;
        return value;
      }
      factor *= 0x80;
    }
    this.failed = true;
    return 0;
  }

  fixed32(): number {
    const start = this.#skip(4);
    return this.failed ? 0 : this.#bytes.readUInt32LE(start);
  }

  text(): string {
    const length = this.varint();
    const start = this.#skip(length);
    return this.failed ? "" : this.#bytes.toString("utf8", start, start + length);
  }

  bytes(): Buffer {
    const length = this.varint();
    const start = this.#skip(length);
    return this.#bytes.subarray(start, this.failed ? start : start + length);
  }

  /** The next length-delimited field as a reader of its own. */
  message(): WireReader {
    const length = this.varint();
    const start = this.#skip(length);
    return new WireReader(this.#bytes, start, this.failed ? start : start + length);
  }

  /** Where the skipped bytes begin. */
  #skip(length: number): number {
    const start = this.#position;
    if (this.failed || length > this.#end - start) this.failed = true;
    else this.#position = start + length;
    return start;
  }
}
