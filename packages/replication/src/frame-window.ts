/**
 * The frames a leader has sent to one live peer and that are not acknowledged yet. Limited by bytes and by count, so a
 * slow peer costs bounded memory here and in the connection; whoever does not fit is fed from the log later.
 */
import { assert } from "@millrace/base";

/** Bytes in flight to one peer; four times the largest message, so a fast peer never waits for the window. */
const WINDOW_BYTES_MAX = 4 * 1024 * 1024;
/** Frames in flight to one peer. */
const WINDOW_FRAMES_MAX = 4096;

/** See the file comment. */
export class FrameWindow {
  readonly #ends: number[] = [];
  readonly #sizes: number[] = [];
  #head = 0;
  #sizeBytes = 0;

  get empty(): boolean {
    return this.#head === this.#ends.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether one more frame may be sent. A window that is empty takes a frame of any size. */
  fits(sizeBytes: number): boolean {
    if (this.empty) return true;
    return this.#sizeBytes + sizeBytes <= WINDOW_BYTES_MAX && this.#ends.length - this.#head < WINDOW_FRAMES_MAX;
  }

  /** A frame ending at `endOffset` was sent. */
  push(endOffset: number, sizeBytes: number): void {
    assert(this.empty || endOffset > (this.#ends[this.#ends.length - 1] ?? 0), "frames are sent in order");
    this.#ends.push(endOffset);
    this.#sizes.push(sizeBytes);
    this.#sizeBytes += sizeBytes;
  }

  /** Everything below `durableEnd` was acknowledged. */
  acknowledge(durableEnd: number): void {
    while (this.#head < this.#ends.length && (this.#ends[this.#head] ?? 0) <= durableEnd) {
      this.#sizeBytes -= this.#sizes[this.#head] ?? 0;
      this.#head += 1;
    }
    if (this.empty) this.clear();
    else if (this.#head >= WINDOW_FRAMES_MAX) {
      this.#ends.splice(0, this.#head);
      this.#sizes.splice(0, this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#ends.length = 0;
    this.#sizes.length = 0;
    this.#head = 0;
    this.#sizeBytes = 0;
  }
}
