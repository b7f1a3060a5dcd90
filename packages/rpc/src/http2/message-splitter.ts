/**
 * gRPC's message framing (one flag byte, four bytes of length, the message) out of the chunks a stream brings. A message
 * that lies within one chunk is a slice of it; only one that spans several is copied, once.
 */
import { ServiceError } from "@millrace/base";
import { MESSAGE_BYTES_MAX } from "../channel-options.ts";

/** Bytes before each message on the wire. */
export const PREFIX_BYTES = 5;

/** See the file comment. */
export class MessageSplitter {
  readonly #prefix: Buffer = Buffer.allocUnsafe(PREFIX_BYTES);
  #prefixBytes = 0;
  #body: Buffer | undefined;
  #bodyBytes = 0;

  /** Calls `take` for each message that `chunk` completes. Fails with OVERLOADED or INTERNAL on what is no message of ours. */
  push(chunk: Buffer, take: (message: Buffer) => void): void {
    let position = 0;
    while (position < chunk.length) {
      if (this.#body !== undefined) {
        position = this.#fill(this.#body, chunk, position, take);
        continue;
      }
      if (this.#prefixBytes === 0 && chunk.length - position >= PREFIX_BYTES) {
        const length = messageBytes(chunk, position);
        position += PREFIX_BYTES;
        if (chunk.length - position >= length) {
          take(chunk.subarray(position, position + length));
          position += length;
        } else {
          this.#begin(length);
        }
        continue;
      }
      const taken = Math.min(PREFIX_BYTES - this.#prefixBytes, chunk.length - position);
      chunk.copy(this.#prefix, this.#prefixBytes, position, position + taken);
      this.#prefixBytes += taken;
      position += taken;
      if (this.#prefixBytes < PREFIX_BYTES) return;
      this.#prefixBytes = 0;
      const length = messageBytes(this.#prefix, 0);
      if (length === 0) take(Buffer.alloc(0));
      else this.#begin(length);
    }
  }

  #begin(length: number): void {
    this.#body = Buffer.allocUnsafeSlow(length);
    this.#bodyBytes = 0;
  }

  #fill(body: Buffer, chunk: Buffer, position: number, take: (message: Buffer) => void): number {
    const taken = Math.min(body.length - this.#bodyBytes, chunk.length - position);
    chunk.copy(body, this.#bodyBytes, position, position + taken);
    this.#bodyBytes += taken;
    if (this.#bodyBytes === body.length) {
      this.#body = undefined;
      take(body);
    }
    return position + taken;
  }
}

function messageBytes(bytes: Buffer, at: number): number {
  if (bytes[at] !== 0) throw new ServiceError("INTERNAL", "a compressed message, which was never offered");
  const length = bytes.readUInt32BE(at + 1);
  if (length > MESSAGE_BYTES_MAX) {
    throw new ServiceError("OVERLOADED", `a message of ${length} bytes; at most ${MESSAGE_BYTES_MAX} are taken`);
  }
  return length;
}
