/** Chunks that end a read or subscription, and what a read knows when it ends. */
import { ServiceError } from "@millrace/base";
import type { ReadChunk } from "@millrace/rpc";
import type { StatusName } from "../append/append-outcome.ts";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";
import { joinFrames, type FrameSlice } from "./slice-frames.ts";

/** The only chunk of a refused read, or the last of one that failed half-way. */
export function failedChunk(status: StatusName, leaderHint = ""): ReadChunk {
  return { status, last: true, leaderHint };
}

/** The last chunk of a read that `error` ended. Damage is repaired or makes the replica give way: the reader asks again. */
export async function chunkOfFailure(host: ReplicaHost, held: HeldReplica, error: unknown): Promise<ReadChunk> {
  if (ServiceError.from(error).code !== "DAMAGED") return failedChunk("INTERNAL");
  await host.readFailed(held, error);
  return failedChunk(held.serving ? "DAMAGED" : "NOT_LEADER");
}

/** The log lacks a committed frame that it says it holds. */
export function missingFrame({ shardUid }: HeldReplica, offset: number): ServiceError {
  const ids = { shard: shardUid, offset };
  return new ServiceError("DAMAGED", `the committed frame of shard ${shardUid} at offset ${offset} is missing`, {
    ids,
  });
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
