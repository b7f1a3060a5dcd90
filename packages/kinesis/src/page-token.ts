/**
 * Page tokens of list operations: a small JSON value, sealed for one account and operation, good for five minutes.
 * The text is base64 of nonce (12), ciphertext of `{issuedMs, page}`, tag (16).
 */
import { assert, openAes256, sealAes256 } from "@millrace/base";
import { base64Fault } from "./base64.ts";
import { invalidArgument, kinesisError, type KinesisError } from "./kinesis-error.ts";
import { TOKEN_LIFE_MS, type SealingKey } from "./shard-iterator.ts";

/** Whose token it is; it opens for nobody else. */
export interface PageTokenOwner {
  readonly accountId: string;
  /** Name of the list operation, e.g. `ListShards`. */
  readonly operation: string;
}

/** A token of ours is far shorter; longer text is not looked at. */
const TOKEN_LENGTH_MAX = 8192;
const PAGE_BYTES_MAX = 4096;

/** A token that carries `page`, a JSON value of at most 4 KiB. */
export function sealPageToken(sealing: SealingKey, owner: PageTokenOwner, page: unknown, nowMs: number): string {
  const plain = Buffer.from(JSON.stringify({ issuedMs: nowMs, page }));
  assert(plain.length <= PAGE_BYTES_MAX, "a page token carries a place in a list, not the list");
  return sealAes256(sealing.key, sealing.nonce, plain, associated(owner)).toString("base64");
}

/** What {@link sealPageToken} was given, or the error to answer: not ours, or older than five minutes. */
export function openPageToken(
  key: Uint8Array,
  owner: PageTokenOwner,
  token: string,
  nowMs: number,
): { readonly ok: unknown } | { readonly error: KinesisError } {
  const foreign = token.length > TOKEN_LENGTH_MAX || base64Fault(token) !== undefined;
  const plain = foreign ? undefined : openAes256(key, Buffer.from(token, "base64"), associated(owner));
  if (plain === undefined) return { error: invalidArgument("NextToken is invalid.") };
  // Sealed by us: it parses.
  const { issuedMs, page } = JSON.parse(plain.toString()) as { issuedMs: number; page: unknown };
  if (nowMs - issuedMs <= TOKEN_LIFE_MS) return { ok: page };
  return {
    error: kinesisError("ExpiredNextTokenException", "The pagination token passed to the operation is expired."),
  };
}

function associated(owner: PageTokenOwner): Buffer {
  return Buffer.from(`millrace page token 1 ${owner.accountId} ${owner.operation}`);
}
