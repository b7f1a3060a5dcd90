/** What each journal entry means for the index; the writer and the recovery share it. */
import { assert } from "@millrace/base";
import { type Frame, FRAME_HEADER_BYTES } from "@millrace/model";
import type { JournalEntry } from "../journal/journal-entry.ts";
import type { FrameIndex } from "./frame-index.ts";
import type { FrameLocation } from "./index-keys.ts";

/** Takes in the durable entry whose bytes begin at `position` of `segment`. */
export function indexEntry(index: FrameIndex, entry: JournalEntry, segment: number, position: number): void {
  switch (entry.kind) {
    case "frame":
      return index.put(locationOf(entry.frame, segment, position));
    case "moved":
      return index.put(locationOf(entry.frame, segment, position + FRAME_HEADER_BYTES));
    case "truncate":
      return index.cut(entry.shardUid, entry.resetTo >= 0 ? 0 : entry.logEnd);
    case "drop":
      return index.cut(entry.shardUid, 0);
    case "trim":
      return index.trim(entry.shardUid, entry.logStart);
    case "removed":
      return index.removeSegment(entry.segment);
    case "state":
  }
}

function locationOf({ header, bytes }: Frame, segment: number, position: number): FrameLocation {
  const { shardUid, baseOffset, recordCount, arrivalMs, epoch, kind } = header;
  assert(bytes.length === header.lengthBytes, "a frame's bytes are exactly the frame");
  return { shardUid, baseOffset, segment, position, lengthBytes: bytes.length, recordCount, arrivalMs, epoch, kind };
}
