/** The canonical form of a request that Signature Version 4 signs: method, path, query, headers, hash of the body. */

/** A request as it arrived. */
export interface SignedRequest {
  readonly method: string;
  /** Path as sent, still percent-encoded, without query. */
  readonly path: string;
  /** Raw query string without `?`. */
  readonly query: string;
  /** Name and value of every header in order of arrival; over HTTP/2 `:authority` stands for `host`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Lower-case hex SHA-256 of the body's bytes. */
  readonly bodySha256Hex: string;
}

/** The canonical request over `signedHeaders` (lower case). */
export function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const values = new Map<string, string>();
  for (const [name, value] of request.headers) {
    const key = keyOf(name.toLowerCase());
    const earlier = values.get(key);
    // A host beside an :authority names the same thing twice, not a list.
    if (earlier !== undefined && key === "host") continue;
    const trimmed = value.trim().replace(/ +/g, " ");
    values.set(key, earlier === undefined ? trimmed : `${earlier},${trimmed}`);
  }
  const headerLines = signedHeaders.map((name) => `${name}:${values.get(keyOf(name)) ?? ""}\n`).join("");
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headerLines,
    signedHeaders.join(";"),
    request.bodySha256Hex,
  ].join("\n");
}

/** Signers over HTTP/2 name the authority either way, and so do servers. */
function keyOf(name: string): string {
  return name === ":authority" ? "host" : name;
}

/** Dot segments resolved, empty segments dropped, and what is already encoded encoded once more. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(encode(segment));
  }
  if (segments.length === 0) return "/";
  return `/${segments.join("/")}${path.endsWith("/") ? "/" : ""}`;
}

/** Names and values encoded anew and sorted; the signature itself is not part of what is signed. */
function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs: string[] = [];
  for (const part of query.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (name === "X-Amz-Signature") continue;
    pairs.push(`${encode(name)}=${encode(decode(equals < 0 ? "" : part.slice(equals + 1)))}`);
  }
  return pairs.sort((a, b) => comparePairs(a, b)).join("&");
}

function comparePairs(a: string, b: string): number {
  const left = a.split("=", 2);
  const right = b.split("=", 2);
  return compare(left[0] ?? "", right[0] ?? "") || compare(left[1] ?? "", right[1] ?? "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded UTF-8: whatever the signer did with it, it signed the text itself.
    return text;
  }
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** RFC 3986 encoding: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(LONE_SURROGATE, "\ufffd")).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
