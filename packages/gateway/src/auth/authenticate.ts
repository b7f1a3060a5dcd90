/** Who sends a request: verified against the directory when there is one, otherwise taken at its word. */
import { sha256Hex } from "@millrace/base";
import { accountOf, parseAuthorization, verifySignature, type HttpHeaders, type KinesisError } from "@millrace/kinesis";
import type { HttpRequest } from "../http/http-message.ts";
import type { CredentialDirectory } from "./credential-directory.ts";

/** An authenticated caller. Streams are looked up under `accountId` and `region`. */
export interface Caller {
  readonly accountId: string;
  readonly region: string;
  readonly principalArn: string;
}

/** The caller of `request`, or the error to answer. `headers` are the request's by lower-case name. */
export function authenticate(
  request: HttpRequest,
  headers: HttpHeaders,
  directory: CredentialDirectory | undefined,
  nowMs: number,
  defaultRegion: string,
): { readonly ok: Caller } | { readonly error: KinesisError } {
  const question = request.target.indexOf("?");
  const query = question < 0 ? "" : request.target.slice(question + 1);
  if (directory === undefined) {
    const parsed = parseAuthorization({ headers, query });
    if ("error" in parsed) return parsed;
    const { accessKeyId, region } = parsed.ok;
    return { ok: callerOf(accountOf(accessKeyId), region === "" ? defaultRegion : region) };
  }
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const [name = "", value = ""] = request.rawHeaders.slice(index, index + 2);
    pairs.push([name, value]);
  }
  const verified = verifySignature(
    {
      method: request.method,
      path: question < 0 ? request.target : request.target.slice(0, question),
      query,
      headers: pairs,
      bodySha256Hex: sha256Hex(request.body),
    },
    { nowMs, credentialsOf: (accessKeyId) => directory.get(accessKeyId) },
  );
  if ("error" in verified) return verified;
  const { accessKeyId, region } = verified.ok;
  return { ok: callerOf(directory.get(accessKeyId)?.accountId ?? accountOf(accessKeyId), region) };
}

function callerOf(accountId: string, region: string): Caller {
  return { accountId, region, principalArn: `arn:aws:iam::${accountId}:root` };
}
