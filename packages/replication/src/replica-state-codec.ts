/**
 * The bytes of a {@link ReplicaState}, which the log store keeps without reading them. All integers are big-endian.
 *
 * ```
 *  0 u8  version        1
 *  1 u8  flags          bit 0 suspect, bit 1 damaged, bit 2 halted
 *  2 u16 historyCount
 *  4 u16 memberCount
 *  6 u16 trimCount      was 0 before trims were kept
 *  8 u64 shardUid
 * 16 u32 promisedEpoch
 * 20 u32 logEpoch
 * 24 u32 configEpoch
 * 28 u32 crc            crc32 of all bytes with this field 0
 * 32 u64 logStart
 * 40 string             replicaUuid
 *    history            historyCount × {u32 epoch, u64 startOffset}
 *    set                memberCount × {string nodeId, string replicaUuid, string zone}
 *    trims              trimCount × {u64 frameEnd, u64 logStart}; ignored by releases that do not know them
 * ```
 *
 * A string is {u16 byte length, UTF-8 bytes}.
 */
import { assert, crc32, readUint64, writeUint64 } from "@millrace/base";
import type { EpochStart, PendingTrim, ReplicaMember, ReplicaState } from "./replica-state.ts";

const STATE_VERSION = 1;
const FIXED_BYTES = 40;
const CRC_POSITION = 28;
const HISTORY_ENTRY_BYTES = 12;
const TRIM_BYTES = 16;
const FLAG_SUSPECT = 1;
const FLAG_DAMAGED = 2;
const FLAG_HALTED = 4;
const UINT16_MAX = 0xffff;

/** Encodes `state` into new bytes. */
export function encodeReplicaState(state: ReplicaState): Buffer {
  assert(state.history.length <= UINT16_MAX, "an epoch history is pruned long before 65,535 entries");
  const strings = [
    state.replicaUuid,
    ...state.set.flatMap((member) => [member.nodeId, member.replicaUuid, member.zone]),
  ].map(encodeString);
  const uuid = strings[0] ?? Buffer.alloc(0);
  const history = Buffer.alloc(state.history.length * HISTORY_ENTRY_BYTES);
  for (const [index, entry] of state.history.entries()) {
    history.writeUInt32BE(entry.epoch, index * HISTORY_ENTRY_BYTES);
    writeUint64(history, entry.startOffset, index * HISTORY_ENTRY_BYTES + 4);
  }
  const trims = Buffer.alloc(state.trims.length * TRIM_BYTES);
  for (const [index, { frameEnd, logStart }] of state.trims.entries()) {
    writeUint64(trims, frameEnd, index * TRIM_BYTES);
    writeUint64(trims, logStart, index * TRIM_BYTES + 8);
  }
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed[0] = STATE_VERSION;
  fixed[1] = (state.suspect ? FLAG_SUSPECT : 0) | (state.damaged ? FLAG_DAMAGED : 0) | (state.halted ? FLAG_HALTED : 0);
  fixed.writeUInt16BE(state.history.length, 2);
  fixed.writeUInt16BE(state.set.length, 4);
  fixed.writeUInt16BE(state.trims.length, 6);
  writeUint64(fixed, state.shardUid, 8);
  fixed.writeUInt32BE(state.promisedEpoch, 16);
  fixed.writeUInt32BE(state.logEpoch, 20);
  fixed.writeUInt32BE(state.configEpoch, 24);
  writeUint64(fixed, state.logStart, 32);
  const bytes = Buffer.concat([fixed, uuid, history, ...strings.slice(1), trims]);
  bytes.writeUInt32BE(crc32(bytes), CRC_POSITION);
  return bytes;
}

/** Decodes what {@link encodeReplicaState} made; undefined when the bytes are damaged or of an unknown version (treat the replica as damaged). */
export function decodeReplicaState(input: Uint8Array): ReplicaState | undefined {
  const bytes = Buffer.from(input);
  if (bytes.length < FIXED_BYTES || bytes[0] !== STATE_VERSION) return undefined;
  const crc = bytes.readUInt32BE(CRC_POSITION);
  bytes.writeUInt32BE(0, CRC_POSITION);
  if (crc32(bytes) !== crc) return undefined;
  const cursor = { bytes: bytes, position: FIXED_BYTES };
  const replicaUuid = readString(cursor);
  const history: EpochStart[] = [];
  for (let count = bytes.readUInt16BE(2); count > 0; count -= 1) {
    history.push({
      epoch: bytes.readUInt32BE(cursor.position),
      startOffset: readUint64(bytes, cursor.position + 4),
    });
    cursor.position += HISTORY_ENTRY_BYTES;
  }
  const set: ReplicaMember[] = [];
  for (let count = bytes.readUInt16BE(4); count > 0; count -= 1) {
    set.push({ nodeId: readString(cursor), replicaUuid: readString(cursor), zone: readString(cursor) });
  }
  const trims: PendingTrim[] = [];
  for (let count = bytes.readUInt16BE(6); count > 0; count -= 1) {
    const { position } = cursor;
    trims.push({ frameEnd: readUint64(bytes, position), logStart: readUint64(bytes, position + 8) });
    cursor.position += TRIM_BYTES;
  }
  const flags = bytes[1] ?? 0;
  return {
    shardUid: readUint64(bytes, 8),
    replicaUuid,
    promisedEpoch: bytes.readUInt32BE(16),
    logEpoch: bytes.readUInt32BE(20),
    history,
    configEpoch: bytes.readUInt32BE(24),
    set,
    suspect: (flags & FLAG_SUSPECT) !== 0,
    damaged: (flags & FLAG_DAMAGED) !== 0,
    halted: (flags & FLAG_HALTED) !== 0,
    logStart: readUint64(bytes, 32),
    trims,
  };
}

function encodeString(text: string): Buffer {
  const body = Buffer.from(text, "utf8");
  assert(body.length <= UINT16_MAX, "an identifier fits 65,535 bytes");
  const bytes = Buffer.alloc(2 + body.length);
  bytes.writeUInt16BE(body.length, 0);
  body.copy(bytes, 2);
  return bytes;
}

function readString(cursor: { readonly bytes: Buffer; position: number }): string {
  const start = cursor.position + 2;
  const end = start + cursor.bytes.readUInt16BE(cursor.position);
  cursor.position = end;
  return cursor.bytes.toString("utf8", start, end);
}
