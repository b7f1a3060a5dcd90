/**
 * Frames that a replay met with a damaged body. Their headers are intact, so it is known what is missing, and each stops
 * mattering when the journal holds a sound copy further on, or when its log was cut below it or dropped.
 */
import { frameEndOffset, type FrameHeader } from "@millrace/model";
import type { JournalEntry } from "./journal-entry.ts";

/** See the file comment. */
export class DamagedFrames {
  readonly #endOffsets = new Map<number, Map<number, number>>();

  /** The body of the frame with this header cannot be used. */
  add(header: FrameHeader): void {
    const ofShard = this.#endOffsets.get(header.shardUid) ?? new Map<number, number>();
    this.#endOffsets.set(header.shardUid, ofShard.set(header.baseOffset, frameEndOffset(header)));
  }

  /** Takes in the entry that follows in the journal. */
  apply(entry: JournalEntry): void {
    if (entry.kind === "drop") this.#endOffsets.delete(entry.shardUid);
    if (entry.kind === "truncate") {
      const { shardUid, logEnd, resetTo } = entry;
      const ofShard = this.#endOffsets.get(shardUid);
      for (const offset of ofShard?.keys() ?? []) if (resetTo >= 0 || offset >= logEnd) ofShard?.delete(offset);
    }
    if (entry.kind !== "moved") return;
    const { header } = entry.frame;
    const ofShard = this.#endOffsets.get(header.shardUid);
    if (ofShard?.get(header.baseOffset) === frameEndOffset(header)) ofShard.delete(header.baseOffset);
  }

  /** Those of which no sound copy was met, in no order. */
  *remaining(): Generator<{ readonly shardUid: number; readonly baseOffset: number; readonly endOffset: number }> {
    for (const [shardUid, ofShard] of this.#endOffsets) {
      for (const [baseOffset, endOffset] of ofShard) yield { shardUid, baseOffset, endOffset };
    }
  }
}
