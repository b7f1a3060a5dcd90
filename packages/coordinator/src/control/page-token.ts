/**
 * NextToken of the listing operations: the place to go on from, sealed with the cluster's key so that no client can
 * make or alter one, bound to its operation and to the caller's account, valid for 300 seconds.
 *
 * Token: base64url of AES-256-GCM over `{"issuedMs": number, "place": …}`; associated data
 * `millrace/page-token/1/<operation>/<accountId>/<region>`.
 */
import { asBuffer, openAes256, sealAes256 } from "@millrace/base";
import { type Checked, expiredNextToken, invalidArgument } from "./control-errors.ts";
import type { ControlContext } from "./control-operation.ts";

/** How long a token lives (AWS API reference, ListShards NextToken). */
const PAGE_TOKEN_LIFE_MS = 300_000;
const NONCE_BYTES = 12;

/** A token of `operation` for `place`, any JSON value. */
export function sealPageToken(operation: string, place: unknown, context: ControlContext): string {
  const plain = Buffer.from(JSON.stringify({ issuedMs: context.nowMs, place }));
  const nonce = context.random.bytes(NONCE_BYTES);
  return sealAes256(context.tokenKey, nonce, plain, associated(operation, context)).toString("base64url");
}

/** The place in `token`, which {@link sealPageToken} made for the same operation and caller. */
export function openPageToken<Place>(operation: string, token: string, context: ControlContext): Checked<Place> {
  const sealed = Buffer.from(token, "base64url");
  const plain = openAes256(context.tokenKey, sealed, associated(operation, context));
  if (plain === undefined) return invalidArgument("NextToken is invalid.");
  const { issuedMs, place } = JSON.parse(asBuffer(plain).toString()) as { issuedMs: number; place: Place };
  if (context.nowMs - issuedMs > PAGE_TOKEN_LIFE_MS) {
    return expiredNextToken(
      `NextToken has expired. It was issued at ${issuedMs} and is valid for ${PAGE_TOKEN_LIFE_MS / 1000} seconds.`,
    );
  }
  return { value: place };
}

function associated(operation: string, context: ControlContext): Buffer {
  return Buffer.from(`millrace/page-token/1/${operation}/${context.accountId}/${context.region}`);
}
