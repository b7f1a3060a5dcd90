/** Signature Version 4 verification, a pure function of the request, the secrets and the time. */
import { equalConstantTime, hmacSha256, sha256Hex } from "@millrace/base";
import { basicIso, parseAuthorization, type Authorization } from "./authorization.ts";
import { canonicalRequest, type SignedRequest } from "./canonical-request.ts";
import { kinesisError, type KinesisError } from "./kinesis-error.ts";
import { deriveSigningKey, type SigningKeyCache } from "./signing-key-cache.ts";

/** A secret by access key id. With a session token only requests that carry it are of this key, without one only those that carry none. */
export interface Credentials {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When the session ends; never without it. */
  readonly expiresMs?: number;
}

/** What verification needs beside the request. */
export interface VerificationSettings {
  readonly credentialsOf: (accessKeyId: string) => Credentials | undefined;
  readonly nowMs: number;
  /** Scope the signature must have, `kinesis` unless told. */
  readonly service?: string;
  /** Region the signature must be scoped to; any when absent. */
  readonly region?: string;
  /** Tolerated difference between the clocks, 5 minutes unless told. */
  readonly skewMs?: number;
  /** Remembers derived keys between calls; without it each call derives its own. */
  readonly signingKeys?: SigningKeyCache;
}

/** Who signed. */
export interface Principal {
  readonly accessKeyId: string;
  readonly region: string;
}

/** Seven days: what SigV4 allows a presigned request to live (AWS, "Authenticating Requests: Using Query Parameters"). */
const PRESIGNED_SECONDS_MAX = 604_800;
const ALGORITHM = "AWS4-HMAC-SHA256";
const FIVE_MINUTES_MS = 300_000;
const MISMATCH_TEXT =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/** The signer of `request`, or the error to answer. */
export function verifySignature(
  request: SignedRequest,
  settings: VerificationSettings,
): { readonly ok: Principal } | { readonly error: KinesisError } {
  const parsed = parseAuthorization({ headers: headersByName(request), query: request.query });
  if ("error" in parsed) return parsed;
  const claim = parsed.ok;
  const scopeFault = scopeFaultOf(claim, settings) ?? targetFaultOf(request, claim);
  if (scopeFault !== undefined) return { error: kinesisError("InvalidSignatureException", scopeFault) };
  const credentials = settings.credentialsOf(claim.accessKeyId);
  if (credentials === undefined || !tokenMatches(credentials, claim)) {
    return {
      error: kinesisError("UnrecognizedClientException", "The security token included in the request is invalid."),
    };
  }
  if (credentials.expiresMs !== undefined && credentials.expiresMs <= settings.nowMs) {
    return { error: kinesisError("ExpiredTokenException", "The security token included in the request is expired") };
  }
  const timeFault = timeFaultOf(claim, settings);
  if (timeFault !== undefined) return { error: kinesisError("InvalidSignatureException", timeFault) };
  if (!signatureMatches(request, claim, credentials.secretAccessKey, settings)) {
    return { error: kinesisError("InvalidSignatureException", MISMATCH_TEXT) };
  }
  return { ok: { accessKeyId: claim.accessKeyId, region: claim.region } };
}

function headersByName(request: SignedRequest): { [name: string]: string } {
  const headers = Object.create(null) as { [name: string]: string };
  for (const [name, value] of request.headers) headers[name.toLowerCase()] ??= value;
  return headers;
}

function scopeFaultOf(claim: Authorization, settings: VerificationSettings): string | undefined {
  const service = settings.service ?? "kinesis";
  let fault = "";
  const validRegion = settings.region === undefined ? claim.region !== "" : claim.region === settings.region;
  if (!validRegion) fault += `Credential should be scoped to a valid region, not '${claim.region}'. `;
  if (claim.service !== service) fault += `Credential should be scoped to correct service: '${service}'. `;
  const day = claim.signedAt.slice(0, 8);
  if (claim.scopeDate !== day) {
    fault += `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.scopeDate}' != '${day}', from '${claim.signedAt}'. `;
  }
  if (!claim.signedHeaders.includes("host") && !claim.signedHeaders.includes(":authority")) {
    fault += "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization. ";
  }
  return fault === "" ? undefined : fault.trimEnd();
}

/** The body does not say which operation it is for: whoever could change an unsigned target could change what was asked. */
function targetFaultOf(request: SignedRequest, claim: Authorization): string | undefined {
  const sent = request.headers.some(([name]) => name.toLowerCase() === "x-amz-target");
  if (!sent || claim.signedHeaders.includes("x-amz-target")) return undefined;
  return "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.";
}

function tokenMatches(credentials: Credentials, claim: Authorization): boolean {
  // A key without sessions has no token that could be right.
  if (credentials.sessionToken === undefined) return (claim.sessionToken ?? "") === "";
  return equalConstantTime(Buffer.from(credentials.sessionToken), Buffer.from(claim.sessionToken ?? ""));
}

function timeFaultOf(claim: Authorization, settings: VerificationSettings): string | undefined {
  const { nowMs, skewMs = FIVE_MINUTES_MS } = settings;
  const minutes = `${Math.round(skewMs / 60_000)} min.`;
  const lifeMs =
    claim.expiresSeconds === undefined ? skewMs : Math.min(claim.expiresSeconds, PRESIGNED_SECONDS_MAX) * 1000;
  const now = basicIso(nowMs);
  if (claim.signedAtMs < nowMs - lifeMs) {
    return `Signature expired: ${claim.signedAt} is now earlier than ${basicIso(nowMs - lifeMs)} (${now} - ${minutes})`;
  }
  if (claim.signedAtMs > nowMs + skewMs) {
    return `Signature not yet current: ${claim.signedAt} is still later than ${basicIso(nowMs + skewMs)} (${now} + ${minutes})`;
  }
  return undefined;
}

function signatureMatches(
  request: SignedRequest,
  claim: Authorization,
  secretAccessKey: string,
  settings: VerificationSettings,
): boolean {
  const scope = `${claim.scopeDate}/${claim.region}/${claim.service}/aws4_request`;
  const hash = sha256Hex(canonicalRequest(request, claim.signedHeaders));
  const { scopeDate: date, region, service } = claim;
  const source = { secretAccessKey, date, region, service };
  const key = settings.signingKeys?.keyOf(source) ?? deriveSigningKey(source);
  const expected = hmacSha256(key, `${ALGORITHM}\n${claim.signedAt}\n${scope}\n${hash}`).toString("hex");
  return equalConstantTime(Buffer.from(expected), Buffer.from(claim.signature));
}
