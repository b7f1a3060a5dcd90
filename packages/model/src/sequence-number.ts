/**
 * Sequence numbers: 186 bits in 56 decimal digits, computed from where a record lies and never stored.
 * Layout (version 2, as decoded from AWS documentation examples and by KCL's SequenceNumberValidator), low bit first:
 *
 * ```
 *   0.. 3  version, 2
 *   4..35  shard index
 *  36..71  record time, epoch seconds
 *  72..79  position marker: 0 for a record; 1 for "just after that record" (continuation sequence numbers)
 *  80..143 sequence index: offset + 1; 0 for the shard's start; 0x7fff… for its end
 * 144..147 low four bits of the shard index
 * 148..183 shard creation time, epoch seconds
 * 184..187 2
 * ```
 *
 * The index outranks the time, so numbers of a shard sort by offset; a child's creation second is above its parent's,
 * so a child's numbers exceed its parent's.
 */
import { assert } from "@millrace/base";

/** Index field of a closed shard's EndingSequenceNumber. */
export const SEQUENCE_INDEX_END = 0x7fff_ffff_ffff_ffffn;
const MASK_4 = 0xfn;
const MASK_8 = 0xffn;
const MASK_32 = 0xffff_ffffn;
const MASK_36 = 0xf_ffff_ffffn;
const MASK_64 = 0xffff_ffff_ffff_ffffn;
const FORMAT = 2n << 184n;
const VERSION = 2n;

/** The fields of a version 2 sequence number. */
export interface SequenceNumberFields {
  readonly shardCreatedSeconds: number;
  readonly shardIndex: number;
  /** offset + 1, 0 for the start of the shard, {@link SEQUENCE_INDEX_END} for its end. */
  readonly sequenceIndex: bigint;
  readonly timeSeconds: number;
  /** 0 names a record, anything else the place just after it. */
  readonly marker: number;
}

/** The number for `fields`. */
export function encodeSequenceNumber(fields: SequenceNumberFields): bigint {
  const index = BigInt(fields.shardIndex);
  return (
    FORMAT |
    (BigInt(fields.shardCreatedSeconds) << 148n) |
    ((index & MASK_4) << 144n) |
    (fields.sequenceIndex << 80n) |
    (BigInt(fields.marker) << 72n) |
    (BigInt(fields.timeSeconds) << 36n) |
    (index << 4n) |
    VERSION
  );
}

/** The fields of `value`, or undefined when it is not a version 2 number. */
export function decodeSequenceNumber(value: bigint): SequenceNumberFields | undefined {
  if (value >> 184n !== 2n || (value & MASK_4) !== VERSION) return undefined;
  const shardIndex = (value >> 4n) & MASK_32;
  const sequenceIndex = (value >> 80n) & MASK_64;
  if (((value >> 144n) & MASK_4) !== (shardIndex & MASK_4)) return undefined;
  if (sequenceIndex > SEQUENCE_INDEX_END) return undefined;
  return {
    shardCreatedSeconds: Number((value >> 148n) & MASK_36),
    shardIndex: Number(shardIndex),
    sequenceIndex,
    timeSeconds: Number((value >> 36n) & MASK_36),
    marker: Number((value >> 72n) & MASK_8),
  };
}

/** What all numbers of a shard share. */
export interface ShardSequenceBase {
  readonly shardCreatedSeconds: number;
  readonly shardIndex: number;
}

/** The decimal sequence number of the record at `offset` that arrived at `arrivalMs`. */
export function recordSequenceNumber(shard: ShardSequenceBase, offset: number, arrivalMs: number): string {
  return positionNumber(shard, BigInt(offset) + 1n, arrivalMs, 0);
}

/** A number greater than every record below `nextOffset` and smaller than the record at it; grows with `nowMs`. */
export function continuationSequenceNumber(shard: ShardSequenceBase, nextOffset: number, nowMs: number): string {
  return positionNumber(shard, BigInt(nextOffset), nowMs, 1);
}

/** StartingSequenceNumber of a shard. */
export function startingSequenceNumber(shard: ShardSequenceBase): string {
  return positionNumber(shard, 0n, shard.shardCreatedSeconds * 1000, 0);
}

/** EndingSequenceNumber of a shard closed at `closedMs`. */
export function endingSequenceNumber(shard: ShardSequenceBase, closedMs: number): string {
  return positionNumber(shard, SEQUENCE_INDEX_END, closedMs, 0);
}

/** The first offset a reader wants who asks AT (first ≥) or AFTER (first >) `fields`. The end of a shard is infinite. */
export function offsetForPosition(fields: SequenceNumberFields, type: "at" | "after"): number {
  if (fields.sequenceIndex >= SEQUENCE_INDEX_END) return Number.MAX_SAFE_INTEGER;
  const recordOffset = Number(fields.sequenceIndex) - 1;
  if (type === "after" || fields.marker !== 0) return recordOffset + 1;
  return Math.max(0, recordOffset);
}

function positionNumber(shard: ShardSequenceBase, sequenceIndex: bigint, timeMs: number, marker: number): string {
  assert(sequenceIndex <= SEQUENCE_INDEX_END, "a sequence index fits in 63 bits");
  return encodeSequenceNumber({ ...shard, sequenceIndex, timeSeconds: Math.floor(timeMs / 1000), marker }).toString();
}
