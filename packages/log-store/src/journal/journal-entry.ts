/**
 * What a journal holds besides frames: entries of the journal's own kinds, in the same 64-byte header form as frames
 * (see `frame.ts` of the model), so that one scanner reads both.
 *
 * | kind | entry      | header fields used                                   | body                |
 * |------|------------|------------------------------------------------------|---------------------|
 * | 16   | state      | shardUid                                             | the replica's state |
 * | 17   | truncate   | shardUid, baseOffset = log end, arrivalMs = resetTo + 1 (0: no reset) | –  |
 * | 18   | drop       | shardUid                                             | –                   |
 * | 19   | checkpoint |                                                      | see checkpoint.ts   |
 * | 20   | batch      | see batch-header.ts                                  | –                   |
 * | 21   | trim       | shardUid, baseOffset = new log start                 | –                   |
 * | 22   | moved      | shardUid, baseOffset of the frame                    | a whole frame       |
 * | 23   | removed    | baseOffset = number of the segment about to be removed | –                 |
 */
import { crc32, unreachable } from "@millrace/base";
import { decodeFrameHeader, type Frame, FRAME_HEADER_BYTES, type FrameHeader, writeFrameHeader } from "@millrace/model";
import type { LogEntry } from "../log-store-contract.ts";

/** Kinds of the journal's own entries; below 16 are frames. */
export const entryKind = {
  state: 16,
  truncate: 17,
  drop: 18,
  checkpoint: 19,
  batch: 20,
  trim: 21,
  moved: 22,
  removed: 23,
} as const;

/** Everything the writer can put into a journal: what callers submit, and what the store writes for itself. */
export type JournalEntry =
  | LogEntry
  | { readonly kind: "trim"; readonly shardUid: number; readonly logStart: number }
  | { readonly kind: "moved"; readonly frame: Frame }
  | { readonly kind: "removed"; readonly segment: number };

/** An entry's bytes in the order they go to the file. A frame's bytes are passed on, never copied. */
export function encodeJournalEntry(entry: JournalEntry): Buffer[] {
  switch (entry.kind) {
    case "frame":
      return [entry.frame.bytes];
    case "state":
      return encodeOwn({ kind: entryKind.state, shardUid: entry.shardUid, body: entry.state });
    case "truncate": {
      const { shardUid, logEnd, resetTo } = entry;
      return encodeOwn({ kind: entryKind.truncate, shardUid, baseOffset: logEnd, arrivalMs: Math.max(0, resetTo + 1) });
    }
    case "drop":
      return encodeOwn({ kind: entryKind.drop, shardUid: entry.shardUid });
    case "trim":
      return encodeOwn({ kind: entryKind.trim, shardUid: entry.shardUid, baseOffset: entry.logStart });
    case "moved": {
      const { shardUid, baseOffset } = entry.frame.header;
      return encodeOwn({ kind: entryKind.moved, shardUid, baseOffset, body: entry.frame.bytes });
    }
    case "removed":
      return encodeOwn({ kind: entryKind.removed, baseOffset: entry.segment });
    default:
      return unreachable(entry);
  }
}

/** Header fields of an own entry; absent ones are 0. */
export interface OwnEntry {
  readonly kind: number;
  readonly shardUid?: number;
  readonly baseOffset?: number;
  readonly arrivalMs?: number;
  readonly recordCount?: number;
  readonly userBytes?: number;
  readonly body?: Uint8Array;
}

/** Header and body of an own entry. */
export function encodeOwn(entry: OwnEntry): Buffer[] {
  const body = entry.body ?? Buffer.alloc(0);
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  writeFrameHeader(header, {
    lengthBytes: FRAME_HEADER_BYTES + body.length,
    kind: entry.kind,
    appendIdCount: 0,
    bodyCrc: crc32(body),
    shardUid: entry.shardUid ?? 0,
    epoch: 0,
    recordCount: entry.recordCount ?? 0,
    baseOffset: entry.baseOffset ?? 0,
    arrivalMs: entry.arrivalMs ?? 0,
    prevEpoch: 0,
    userBytes: entry.userBytes ?? 0,
  });
  return body.length === 0 ? [header] : [header, Buffer.from(body.buffer, body.byteOffset, body.byteLength)];
}

/** Decodes an intact entry that is neither checkpoint nor batch; undefined when its kind or inside is not understood. */
export function decodeJournalEntry(header: FrameHeader, bytes: Buffer): JournalEntry | undefined {
  const { shardUid, baseOffset } = header;
  const body = bytes.subarray(FRAME_HEADER_BYTES);
  if (header.kind < entryKind.state) return { kind: "frame", frame: { header, bytes } };
  switch (header.kind) {
    case entryKind.state:
      return { kind: "state", shardUid, state: body };
    case entryKind.truncate:
      return { kind: "truncate", shardUid, logEnd: baseOffset, resetTo: header.arrivalMs - 1 };
    case entryKind.drop:
      return { kind: "drop", shardUid };
    case entryKind.trim:
      return { kind: "trim", shardUid, logStart: baseOffset };
    case entryKind.moved: {
      const inner = decodeFrameHeader(body);
      return inner === undefined ? undefined : { kind: "moved", frame: { header: inner, bytes: body } };
    }
    case entryKind.removed:
      return { kind: "removed", segment: baseOffset };
    default:
      return undefined;
  }
}
