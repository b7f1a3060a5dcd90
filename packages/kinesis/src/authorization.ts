/** What a request says about who signed it, in the Authorization header or in the query string; no secrets needed. */
import { headerOf, type HttpHeaders } from "./http-decision.ts";
import { kinesisError, type KinesisError } from "./kinesis-error.ts";

/** A well-formed Signature Version 4 claim, not yet verified. */
export interface Authorization {
  readonly form: "header" | "query";
  readonly accessKeyId: string;
  /** Date of the credential scope, `yyyyMMdd`. */
  readonly scopeDate: string;
  readonly region: string;
  readonly service: string;
  readonly signature: string;
  /** Lower-case names in the order the signer listed them. */
  readonly signedHeaders: readonly string[];
  /** Time of signing in basic ISO 8601, `yyyyMMddTHHmmssZ`, and in epoch milliseconds. */
  readonly signedAt: string;
  readonly signedAtMs: number;
  /** Life of a presigned request in seconds. */
  readonly expiresSeconds?: number;
  readonly sessionToken?: string;
}

/** Where the claim is looked for. `query` is the raw query string without `?`. */
export interface AuthorizationSource {
  readonly headers: HttpHeaders;
  readonly query: string;
}

/** A parsed claim or the error to answer. */
export type ParsedAuthorization = { readonly ok: Authorization } | { readonly error: KinesisError };

const BASIC_ISO = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;
const headerParts = ["Credential", "Signature", "SignedHeaders"] as const;
const queryParts = ["Algorithm", "Credential", "Signature", "SignedHeaders", "Date"] as const;

/** Thousands of requests a second are signed in the same second: its text is read once. */
let lastTime = { text: "", ms: NaN, basicIso: "" };

/** The claim of a request: complete, scoped to the service, with a readable time. As lenient in its syntax as AWS. */
export function parseAuthorization(source: AuthorizationSource): ParsedAuthorization {
  const header = headerOf(source.headers, "authorization");
  const query = new URLSearchParams(source.query);
  const inQuery = query.has("X-Amz-Algorithm");
  if (header !== undefined && inQuery) {
    return invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  }
  if (inQuery) return fromQuery(query);
  if (header === undefined || !header.trim().startsWith("AWS4-")) {
    return { error: kinesisError("MissingAuthenticationTokenException", "Missing Authentication Token") };
  }
  return fromHeader(header, source.headers);
}

function fromHeader(header: string, headers: HttpHeaders): ParsedAuthorization {
  const parts = new Map<string, string>();
  for (const part of header.trim().split(/[, ]+/).slice(1)) {
    const equals = part.indexOf("=");
    if (equals > 0) parts.set(part.slice(0, equals), part.slice(equals + 1));
  }
  const date = headerOf(headers, "x-amz-date") ?? headerOf(headers, "date") ?? "";
  let missing = "";
  for (const name of headerParts) {
    if ((parts.get(name) ?? "") === "") missing += `Authorization header requires '${name}' parameter. `;
  }
  if (date === "") missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  if (missing !== "") return incomplete(`${missing}Authorization=${header}`);
  const sessionToken = headerOf(headers, "x-amz-security-token");
  const extra = sessionToken === undefined ? {} : { sessionToken };
  return claim("header", (name) => parts.get(name) ?? "", date, extra);
}

function fromQuery(query: URLSearchParams): ParsedAuthorization {
  let missing = "";
  for (const name of queryParts) {
    if ((query.get(`X-Amz-${name}`) ?? "") === "") {
      missing += `AWS query-string parameters must include 'X-Amz-${name}'. `;
    }
  }
  if (missing !== "") return incomplete(`${missing}Re-examine the query-string parameters.`);
  const sessionToken = query.get("X-Amz-Security-Token");
  const expires = query.get("X-Amz-Expires");
  return claim("query", (name) => query.get(`X-Amz-${name}`) ?? "", query.get("X-Amz-Date") ?? "", {
    ...(sessionToken === null ? {} : { sessionToken }),
    ...(expires === null || !/^\d{1,6}$/.test(expires) ? {} : { expiresSeconds: Number(expires) }),
  });
}

function claim(
  form: "header" | "query",
  part: (name: (typeof headerParts)[number]) => string,
  date: string,
  extra: { sessionToken?: string; expiresSeconds?: number },
): ParsedAuthorization {
  const credential = part("Credential");
  const scope = credential.split("/");
  const [accessKeyId = "", scopeDate = "", region = "", service = "", terminator = ""] = scope;
  if (scope.length !== 5) {
    return incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    );
  }
  if (terminator !== "aws4_request") {
    return invalid(`Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`);
  }
  const signedAtMs = lastTime.text === date ? lastTime.ms : timeOf(date);
  if (Number.isNaN(signedAtMs)) {
    return incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  const signedHeaders = part("SignedHeaders").toLowerCase().split(";");
  const signature = part("Signature");
  if (lastTime.text !== date) lastTime = { text: date, ms: signedAtMs, basicIso: basicIso(signedAtMs) };
  const signedAt = lastTime.basicIso;
  return {
    ok: { form, accessKeyId, scopeDate, region, service, signature, signedHeaders, signedAt, signedAtMs, ...extra },
  };
}

/** Epoch milliseconds of a basic ISO 8601 or an HTTP date, NaN for anything else. */
function timeOf(text: string): number {
  const match = BASIC_ISO.exec(text.trim());
  if (match === null) return Date.parse(text);
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** `yyyyMMddTHHmmssZ` of `epochMs`, which must be a time a JavaScript date can hold. */
export function basicIso(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function incomplete(message: string): ParsedAuthorization {
  return { error: kinesisError("IncompleteSignatureException", message) };
}

function invalid(message: string): ParsedAuthorization {
  return { error: kinesisError("InvalidSignatureException", message) };
}
