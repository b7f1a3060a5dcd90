/** Chunks that end a read or subscription, and what a read knows when it ends. */
import type { ReadChunk } from "@millrace/rpc";
import type { StatusName } from "../append/append-outcome.ts";
import { joinFrames, type FrameSlice } from "./slice-frames.ts";

/** The only chunk of a refused read, or the last of one that failed half-way. */
export function failedChunk(status: StatusName, leaderHint = ""): ReadChunk {
  return { status, last: true, leaderHint };
}

/** A slice on the wire, not yet the last. */
export function sliceChunk(firstOffset: number, slice: FrameSlice): ReadChunk {
  return {
    status: "STATUS_OK",
    frames: joinFrames(slice.frames),
    firstOffset,
    recordCount: slice.endOffset - firstOffset,
    nextOffset: slice.endOffset,
  };
}
