/**
 * The checkpoint at the head of every segment: all that replaying the segments before it would have taught, so that
 * those may be deleted and a restart begins here. All integers are big-endian.
 *
 * ```
 * u32 segmentCount, u32 replicaCount
 * segmentCount × { u64 number, u32 end, u32 0 }        segments before this one that must exist
 * replicaCount × { u64 shardUid, u64 logStart, u64 logEnd, u64 lastArrivalMs, u64 damagedFrom + 1 (0: intact),
 *                  u64 droppedIn (segment, 0: not dropped), u32 lastEpoch, u8 lastKind,
 *                  u8 flags (1 has a state, 2 was cut, 4 last frame must be looked up), u16 0,
 *                  u32 stateBytes, state }
 * ```
 */
import { readUint64, writeUint64 } from "@millrace/base";
import { encodeOwn, entryKind } from "./journal-entry.ts";
import type { ReplicaRecord } from "./replica-table.ts";

/** A finished segment: bytes at or beyond `end` were never acknowledged. */
export interface FinishedSegment {
  readonly number: number;
  readonly end: number;
}

/** The decoded checkpoint. */
export interface Checkpoint {
  readonly segments: readonly FinishedSegment[];
  readonly replicas: readonly ReplicaRecord[];
}

const SEGMENT_BYTES = 16;
const REPLICA_BYTES = 60;
const flag = { hasState: 1, wasCut: 2, lastUnknown: 4 } as const;

/** The checkpoint entry, header included. */
export function encodeCheckpoint(checkpoint: Checkpoint): Buffer[] {
  let sizeBytes = 8 + checkpoint.segments.length * SEGMENT_BYTES;
  for (const replica of checkpoint.replicas) sizeBytes += REPLICA_BYTES + (replica.state?.length ?? 0);
  const body = Buffer.alloc(sizeBytes);
  body.writeUInt32BE(checkpoint.segments.length, 0);
  body.writeUInt32BE(checkpoint.replicas.length, 4);
  let position = 8;
  for (const segment of checkpoint.segments) {
    writeUint64(body, segment.number, position);
    body.writeUInt32BE(segment.end, position + 8);
    position += SEGMENT_BYTES;
  }
  for (const replica of checkpoint.replicas) position = writeReplica(body, replica, position);
  return encodeOwn({ kind: entryKind.checkpoint, body });
}

function writeReplica(body: Buffer, replica: ReplicaRecord, position: number): number {
  writeUint64(body, replica.shardUid, position);
  writeUint64(body, replica.logStart, position + 8);
  writeUint64(body, replica.logEnd, position + 16);
  writeUint64(body, replica.lastArrivalMs, position + 24);
  writeUint64(body, replica.damagedFrom + 1, position + 32);
  writeUint64(body, replica.droppedIn, position + 40);
  body.writeUInt32BE(replica.lastEpoch, position + 48);
  body[position + 52] = replica.lastKind;
  body[position + 53] =
    (replica.state === undefined ? 0 : flag.hasState) |
    (replica.wasCut ? flag.wasCut : 0) |
    (replica.lastUnknown ? flag.lastUnknown : 0);
  body.writeUInt32BE(replica.state?.length ?? 0, position + 56);
  if (replica.state !== undefined) body.set(replica.state, position + REPLICA_BYTES);
  return position + REPLICA_BYTES + (replica.state?.length ?? 0);
}

/** Decodes the body of an intact checkpoint entry. */
export function decodeCheckpoint(body: Buffer): Checkpoint {
  const segments: FinishedSegment[] = [];
  const replicas: ReplicaRecord[] = [];
  let position = 8;
  for (let count = body.readUInt32BE(0); count > 0; count -= 1) {
    segments.push({ number: readUint64(body, position), end: body.readUInt32BE(position + 8) });
    position += SEGMENT_BYTES;
  }
  for (let count = body.readUInt32BE(4); count > 0; count -= 1) {
    const replica = readReplica(body, position);
    replicas.push(replica);
    position += REPLICA_BYTES + body.readUInt32BE(position + 56);
  }
  return { segments, replicas };
}

function readReplica(body: Buffer, position: number): ReplicaRecord {
  const flags = body[position + 53] ?? 0;
  const state = body.subarray(position + REPLICA_BYTES, position + REPLICA_BYTES + body.readUInt32BE(position + 56));
  return {
    shardUid: readUint64(body, position),
    logStart: readUint64(body, position + 8),
    logEnd: readUint64(body, position + 16),
    lastArrivalMs: readUint64(body, position + 24),
    damagedFrom: readUint64(body, position + 32) - 1,
    droppedIn: readUint64(body, position + 40),
    lastEpoch: body.readUInt32BE(position + 48),
    lastKind: body[position + 52] ?? 0,
    state: (flags & flag.hasState) === 0 ? undefined : Buffer.from(state),
    wasCut: (flags & flag.wasCut) !== 0,
    lastUnknown: (flags & flag.lastUnknown) !== 0,
  };
}
