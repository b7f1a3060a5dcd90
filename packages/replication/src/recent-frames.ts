/**
 * Where the last frames of a log begin and end, and their checksums: enough to tell a duplicate from a different frame
 * at the same offset, and to check that a cut falls between frames. Older frames are forgotten (limit below), and after
 * a restart nothing is known; then the checks are skipped, never the rules they check.
 */
import { frameEndOffset, type FrameHeader } from "@millrace/model";

/** More frames than a leader keeps in flight are rarely repeated; 256 entries are some 10 KiB of a busy shard. */
const FRAMES_MAX = 256;

/** See the file comment. */
export class RecentFrames {
  readonly #headers: FrameHeader[] = [];
  #oldest = 0;

  push(header: FrameHeader): void {
    if (this.#headers.length < FRAMES_MAX) {
      this.#headers.push(header);
      return;
    }
    this.#headers[this.#oldest] = header;
    this.#oldest = (this.#oldest + 1) % FRAMES_MAX;
  }

  /** The frame that holds `offset`, if it is remembered. */
  find(offset: number): FrameHeader | undefined {
    const count = this.#headers.length;
    for (let back = 1; back <= count; back += 1) {
      const header = this.#headers[(this.#oldest + count - back) % count];
      if (header === undefined || offset >= frameEndOffset(header)) return undefined;
      if (offset >= header.baseOffset) return header;
    }
    return undefined;
  }

  /** Forgets frames at or beyond `logEnd`. */
  cut(logEnd: number): void {
    const ordered = [...this.#headers.slice(this.#oldest), ...this.#headers.slice(0, this.#oldest)];
    this.#headers.length = 0;
    this.#oldest = 0;
    for (const header of ordered) if (frameEndOffset(header) <= logEnd) this.#headers.push(header);
  }
}
