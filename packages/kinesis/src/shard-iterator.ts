/**
 * Shard iterators: stateless, encrypted, reusable until they expire. The text is base64 of
 *
 * ```
 *  0 u64 1                     as production's, so that they look alike
 *  8 nonce (12), ciphertext, tag (16)   AES-256-GCM under the cluster's token key
 * ```
 *
 * and the plain text is
 *
 * ```
 *  0 u64 streamUid
 *  8 u64 shardUid
 * 16 u32 shardIndex
 * 20 u64 issuedMs
 * 28 u8  position: 0 offset, 1 trim horizon, 2 timestamp
 * 29 u64 the offset, or the timestamp in epoch milliseconds
 * 37 12 bytes accountId, then the stream's name
 * ```
 *
 * Account, name and index are there for messages about streams that are gone.
 */
import { openAes256, readUint64, sealAes256, writeUint64 } from "@millrace/base";
import { base64Fault } from "./base64.ts";
import { invalidArgument, kinesisError, type KinesisError } from "./kinesis-error.ts";

/** Where reading goes on. Trim horizon and timestamp are resolved at every read, because retention moves. */
export type IteratorPosition =
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "trimHorizon" }
  | { readonly kind: "timestamp"; readonly timestampMs: number };

/** What an iterator says. Uids bind it to one generation of a stream, not to its name. */
export interface ShardIteratorContent {
  readonly streamUid: number;
  readonly shardUid: number;
  readonly shardIndex: number;
  readonly accountId: string;
  readonly streamName: string;
  readonly issuedMs: number;
  readonly position: IteratorPosition;
}

/** Key (32 bytes) and a nonce (12 random bytes, never used twice) for sealing. */
export interface SealingKey {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

/** Life of iterators and page tokens. */
export const TOKEN_LIFE_MS = 300_000;

const PREFIX = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);
const ASSOCIATED = Buffer.from("millrace shard iterator 1");
const FIXED_BYTES = 49;
const ACCOUNT_POSITION = 37;
const ACCOUNT_BYTES = 12;
const positionKinds = ["offset", "trimHorizon", "timestamp"] as const;

/** The iterator's text, below 400 characters. */
export function sealIterator(sealing: SealingKey, content: ShardIteratorContent): string {
  const plain = Buffer.alloc(FIXED_BYTES + Buffer.byteLength(content.streamName));
  writeUint64(plain, content.streamUid, 0);
  writeUint64(plain, content.shardUid, 8);
  plain.writeUInt32BE(content.shardIndex, 16);
  writeUint64(plain, content.issuedMs, 20);
  plain[28] = positionKinds.indexOf(content.position.kind);
  writeUint64(plain, positionValue(content.position), 29);
  plain.write(content.accountId, ACCOUNT_POSITION, ACCOUNT_BYTES, "latin1");
  plain.write(content.streamName, FIXED_BYTES);
  return Buffer.concat([PREFIX, sealAes256(sealing.key, sealing.nonce, plain, ASSOCIATED)]).toString("base64");
}

/** What `text` says, or the error to answer: made by nobody here, or too old. Double quotes around it are ignored. */
export function openIterator(
  key: Uint8Array,
  text: string,
  nowMs: number,
): { readonly ok: ShardIteratorContent } | { readonly error: KinesisError } {
  const bare = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  const content = contentOf(key, bare);
  if (content === undefined) return { error: invalidArgument("Invalid ShardIterator.") };
  if (nowMs - content.issuedMs > TOKEN_LIFE_MS) return { error: expiredIterator(content.issuedMs, nowMs) };
  return { ok: content };
}

function contentOf(key: Uint8Array, text: string): ShardIteratorContent | undefined {
  if (base64Fault(text) !== undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (!bytes.subarray(0, PREFIX.length).equals(PREFIX)) return undefined;
  const plain = openAes256(key, bytes.subarray(PREFIX.length), ASSOCIATED);
  if (plain === undefined || plain.length < FIXED_BYTES) return undefined;
  const position = positionOf(plain[28] ?? -1, readUint64(plain, 29));
  if (position === undefined) return undefined;
  return {
    streamUid: readUint64(plain, 0),
    shardUid: readUint64(plain, 8),
    shardIndex: plain.readUInt32BE(16),
    accountId: plain.toString("latin1", ACCOUNT_POSITION, ACCOUNT_POSITION + ACCOUNT_BYTES),
    streamName: plain.toString("utf8", FIXED_BYTES),
    issuedMs: readUint64(plain, 20),
    position,
  };
}

function positionValue(position: IteratorPosition): number {
  if (position.kind === "offset") return position.offset;
  return position.kind === "timestamp" ? Math.max(0, position.timestampMs) : 0;
}

function positionOf(kind: number, value: number): IteratorPosition | undefined {
  switch (positionKinds[kind]) {
    case "offset":
      return { kind: "offset", offset: value };
    case "trimHorizon":
      return { kind: "trimHorizon" };
    case "timestamp":
      return { kind: "timestamp", timestampMs: value };
    default:
      return undefined;
  }
}

function expiredIterator(issuedMs: number, nowMs: number): KinesisError {
  return kinesisError(
    "ExpiredIteratorException",
    `Iterator expired. The iterator was created at time ${javaDate(issuedMs)} while right now it is ${javaDate(nowMs)} ` +
      `which is further in the future than the tolerated delay of ${TOKEN_LIFE_MS} milliseconds.`,
  );
}

/** As Java's `Date.toString()`: `Thu Jan 22 01:22:02 UTC 2015`. */
function javaDate(epochMs: number): string {
  const [weekday = "", day = "", month = "", year = "", time = ""] = new Date(epochMs).toUTCString().split(" ");
  return `${weekday.slice(0, 3)} ${month} ${day} ${time} UTC ${year}`;
}
