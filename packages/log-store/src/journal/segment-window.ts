/** Reads a segment file front to back in large pieces, for scans that want a few bytes here and many there. */
import type { DiskFile } from "../disk/disk.ts";

const WINDOW_BYTES = 4 * 1024 * 1024;

/** See the file comment. */
export class SegmentWindow {
  readonly #file: DiskFile;
  readonly #windowBytes: number;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** `windowBytes` are read at least, with what is asked for: little when nothing beyond is wanted. */
  constructor(file: DiskFile, windowBytes: number = WINDOW_BYTES) {
    this.#file = file;
    this.#windowBytes = windowBytes;
  }

  /** Bytes [position, position + lengthBytes), fewer at the end of the file. The next call may not change them. */
  async get(position: number, lengthBytes: number): Promise<Buffer> {
    const offset = position - this.#start;
    if (offset >= 0 && offset + lengthBytes <= this.#bytes.length)
      return this.#bytes.subarray(offset, offset + lengthBytes);
    const sizeBytes = await this.#file.sizeBytes();
    const readBytes = Math.max(0, Math.min(Math.max(lengthBytes, this.#windowBytes), sizeBytes - position));
    const target = Buffer.allocUnsafeSlow(readBytes);
    this.#bytes = target.subarray(0, await this.#file.read(target, position));
    this.#start = position;
    return this.#bytes.subarray(0, lengthBytes);
  }
}
