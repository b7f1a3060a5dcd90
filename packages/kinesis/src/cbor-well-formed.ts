/**
 * A walk over CBOR that decides whether the decoder may see it. The decoder is written for clients that trust their
 * service: it allocates what a length field promises and computes big numbers of any size. This refuses such bytes first.
 */
import { isUtf8Text } from "@millrace/base";
import { VALUES_MAX } from "./document-limit.ts";

/** As for JSON: nesting beyond this is not a request. */
const DEPTH_MAX = 64;
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const MAJOR_LIST = 4;
const MAJOR_MAP = 5;
const MAJOR_TAG = 6;
const MAJOR_SPECIAL = 7;
const INDEFINITE = 31;
const BREAK = 0xff;
/** The only tag of the API: epoch time. */
const TAG_EPOCH = 1;
const PROTO = Buffer.from("__proto__");

/** Position after a head, its argument, and whether its length is indefinite. */
interface Head {
  major: number;
  minor: number;
  argument: number;
  next: number;
}

/**
 * Whether `bytes` are exactly one CBOR value made of integers, floats, strings, lists, maps with text keys, simple
 * values false, true, null and undefined, and tag 1; text in UTF-8; every length within the bytes; nested at most 64
 * deep; at most VALUES_MAX values.
 */
export function cborWellFormed(bytes: Buffer): boolean {
  return skipValue({ bytes, valuesLeft: VALUES_MAX }, 0, 0) === bytes.length;
}

interface Walk {
  readonly bytes: Buffer;
  valuesLeft: number;
}

/** Position after the value at `position`, or -1. */
function skipValue(walk: Walk, position: number, depth: number): number {
  const { bytes } = walk;
  const head = depth > DEPTH_MAX ? undefined : readHead(bytes, position);
  walk.valuesLeft -= 1;
  if (head === undefined || walk.valuesLeft < 0) return -1;
  const indefinite = head.minor === INDEFINITE;
  switch (head.major) {
    case MAJOR_BYTES:
    case MAJOR_TEXT:
      return indefinite ? skipChunks(bytes, head) : skipBytes(bytes, head);
    case MAJOR_LIST:
      return skipItems(walk, head, depth, false);
    case MAJOR_MAP:
      return skipItems(walk, head, depth, true);
    case MAJOR_TAG:
      return head.argument === TAG_EPOCH && !indefinite ? skipValue(walk, head.next, depth + 1) : -1;
    case MAJOR_SPECIAL:
      return head.minor >= 20 && head.minor <= 27 && head.minor !== 24 ? head.next : -1;
    default:
      return indefinite ? -1 : head.next;
  }
}

function readHead(bytes: Buffer, position: number): Head | undefined {
  const first = bytes[position];
  if (first === undefined) return undefined;
  const major = first >> 5;
  const minor = first & 31;
  if (minor < 24 || minor === INDEFINITE) return { major, minor, argument: minor, next: position + 1 };
  if (minor > 27) return undefined;
  const width = 1 << (minor - 24);
  const next = position + 1 + width;
  if (next > bytes.length) return undefined;
  const argument =
    width === 8
      ? bytes.readUInt32BE(position + 1) * 0x1_0000_0000 + bytes.readUInt32BE(position + 5)
      : bytes.readUIntBE(position + 1, width);
  return { major, minor, argument, next };
}

function skipBytes(bytes: Buffer, head: Head): number {
  if (head.argument > bytes.length - head.next) return -1;
  const end = head.next + head.argument;
  // The decoder would put U+FFFD for what is not UTF-8, and the service store what nobody sent.
  return head.major !== MAJOR_TEXT || isUtf8Text(bytes.subarray(head.next, end)) ? end : -1;
}

function skipChunks(bytes: Buffer, outer: Head): number {
  let position = outer.next;
  while (bytes[position] !== BREAK) {
    const head = readHead(bytes, position);
    if (head === undefined || head.major !== outer.major || head.minor === INDEFINITE) return -1;
    position = skipBytes(bytes, head);
    if (position < 0) return -1;
  }
  return position + 1;
}

function skipItems(walk: Walk, head: Head, depth: number, pairs: boolean): number {
  const { bytes } = walk;
  const indefinite = head.minor === INDEFINITE;
  // Every item takes a byte at least, so a count beyond the rest is a lie.
  const count = indefinite ? Number.POSITIVE_INFINITY : head.argument;
  if (!indefinite && count > bytes.length - head.next) return -1;
  let position = head.next;
  for (let index = 0; index < count; index += 1) {
    if (indefinite && bytes[position] === BREAK) return position + 1;
    if (pairs) {
      const key = readHead(bytes, position);
      if (key === undefined || key.major !== MAJOR_TEXT || key.minor === INDEFINITE) return -1;
      position = skipBytes(bytes, key);
      // The decoder would make of it the prototype of a map, or drop it: a tag that nobody would miss.
      if (position < 0 || bytes.subarray(key.next, position).equals(PROTO)) return -1;
    }
    position = skipValue(walk, position, depth + 1);
    if (position < 0) return -1;
  }
  return position;
}
