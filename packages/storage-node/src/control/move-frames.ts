/**
 * Frames in and out for backups. Out: committed frames as they lie here. In: the same frames at the same offsets in a new
 * shard, made anew by its leader, so that every record keeps its sequence number.
 */
import { asBuffer, ServiceError, sleep, writeUint64, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import {
  decodeFrames,
  encodeFrame,
  frameAppendIds,
  frameEndOffset,
  frameKind,
  frameRecords,
  type Frame,
  type FrameKind,
} from "@millrace/model";
import type {
  ImportFramesReply,
  ImportFramesRequest__Output,
  ReadFramesReply,
  ReadFramesRequest__Output,
} from "@millrace/rpc";
import { joinFrames } from "../read/slice-frames.ts";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";

/** Of one answer; a larger single frame travels alone. */
const READ_BYTES = 2 * 1024 * 1024;
const COMMIT_DEADLINE_MS = 8_000;
const LOOK_AGAIN_MS = 2;
/** A frame counts its offsets in 32 bits. */
const GAP_OFFSETS_MAX = 0xffff_ffff;

/** What the calls work with. */
export interface FrameParts {
  readonly host: ReplicaHost;
  readonly logStore: LogStore;
  readonly clock: Clock;
  /** Whether the shard is being made and no client can write it. */
  readonly isBeingMade: (shardUid: number) => boolean;
}

/** Committed frames from `fromOffset` on. What is wrong is in `why`. */
export async function readFrames(
  { host, logStore }: FrameParts,
  { shardUid, replicaUuid, fromOffset }: ReadFramesRequest__Output,
): Promise<ReadFramesReply> {
  const held = host.get(shardUid);
  if (held === undefined) return { ok: false, why: "NO_SUCH_REPLICA" };
  const { replica } = held;
  if (replica.replicaUuid !== replicaUuid) return { ok: false, why: "WRONG_REPLICA" };
  const { commitOffset } = replica;
  const begin = Math.max(fromOffset, replica.logStart);
  try {
    const read = begin < commitOffset ? await logStore.read(shardUid, begin, READ_BYTES) : { frames: [] };
    const frames = read.frames.filter(({ header }) => frameEndOffset(header) <= commitOffset);
    const last = frames.at(-1);
    const nextOffset = last === undefined ? begin : frameEndOffset(last.header);
    return { ok: true, why: "", frames: joinFrames(frames), nextOffset, commitOffset };
  } catch (thrown) {
    return { ok: false, why: ServiceError.from(thrown).code };
  }
}

/** Resolves when all of the frames are committed. A repeated call goes on where the log ends. */
export async function importFrames(
  { host, clock, isBeingMade }: FrameParts,
  { shardUid, frames: bytes }: ImportFramesRequest__Output,
): Promise<ImportFramesReply> {
  const held = host.get(shardUid);
  if (held === undefined || !held.serving) return { ok: false, why: "NOT_LEADER" };
  if (!isBeingMade(shardUid)) return { ok: false, why: "SHARD_IN_USE" };
  const frames = decodeFrames(asBuffer(bytes));
  if (frames === undefined) return { ok: false, why: "DAMAGED" };
  const { replica } = held;
  let fault = "";
  host.batch(() => {
    for (const frame of frames) if (fault === "") fault = append(host, held, frame);
  });
  if (fault !== "") return { ok: false, why: fault, nextOffset: replica.logEnd };
  const endOffset = replica.logEnd;
  const untilMs = clock.monotonicMs() + COMMIT_DEADLINE_MS;
  while (replica.commitOffset < endOffset) {
    if (!held.serving) return { ok: false, why: "NOT_LEADER" };
    if (clock.monotonicMs() > untilMs) return { ok: false, why: "NO_QUORUM" };
    await sleep(clock, LOOK_AGAIN_MS);
  }
  return { ok: true, why: "", nextOffset: endOffset };
}

/** Appends one frame at its own offset. Answers what is wrong with it, or nothing. */
function append(host: ReplicaHost, held: HeldReplica, { header, bytes }: Frame): string {
  const { replica, shardUid } = held;
  if (frameEndOffset(header) <= replica.logEnd) return "";
  if (!replica.canAppend() || header.baseOffset < replica.logEnd) return "OVERLAP";
  // What had been trimmed when this part of the backup was taken: offsets without records, like those of trim records.
  while (replica.logEnd < header.baseOffset) {
    const recordCount = Math.min(header.baseOffset - replica.logEnd, GAP_OFFSETS_MAX);
    const nothing = Buffer.alloc(8);
    writeUint64(nothing, replica.logEnd, 0);
    const gap = { kind: frameKind.trim, recordCount, userBytes: 0, appendIds: [], bodies: [nothing] };
    host.append(held, encodeFrame({ shardUid, arrivalMs: header.arrivalMs, ...gap, ...placeOf(held) }));
  }
  const { recordCount, userBytes } = header;
  const arrivalMs = Math.max(header.arrivalMs, replica.nextAppend().arrivalFloorMs);
  const content = { appendIds: frameAppendIds({ header, bytes }), bodies: [frameRecords({ header, bytes })] };
  const kind = header.kind as FrameKind;
  host.append(held, encodeFrame({ kind, shardUid, recordCount, userBytes, arrivalMs, ...content, ...placeOf(held) }));
  return "";
}

function placeOf({ replica }: HeldReplica): { epoch: number; baseOffset: number; prevEpoch: number } {
  const { epoch, baseOffset, prevEpoch } = replica.nextAppend();
  return { epoch, baseOffset, prevEpoch };
}
