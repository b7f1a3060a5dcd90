/** Finds the first record that arrived at or after a time: arrival times never fall along a log, so by halving. */
import type { FrameIndex } from "../index/frame-index.ts";
import type { FrameLocation } from "../index/index-keys.ts";
import type { ShardTail } from "./shard-tails.ts";
import type { TailCache } from "./tail-cache.ts";

type TimedFrame = Pick<FrameLocation, "baseOffset" | "recordCount" | "arrivalMs">;

/** See {@link LogStore.locateTime}. */
export async function locateTime(
  seams: { readonly index: FrameIndex; readonly cache: TailCache },
  shardUid: number,
  timeMs: number,
  tail: ShardTail,
): Promise<number> {
  const { index, cache } = seams;
  // Everything in the range is found in the cache or in the index, as in a read.
  const frameAt = async (offset: number): Promise<TimedFrame | undefined> =>
    cache.read(shardUid, offset, 0)?.[0]?.header ?? (await index.atOrBelow(shardUid, offset));
  let low = tail.logStart;
  let high = tail.logEnd;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const frame = await frameAt(middle);
    if (frame === undefined) low = middle + 1;
    else if (frame.arrivalMs >= timeMs) high = Math.max(low, Math.min(middle, frame.baseOffset));
    else low = Math.max(middle + 1, Math.min(frame.baseOffset + frame.recordCount, high));
  }
  return low;
}
