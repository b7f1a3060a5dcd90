/** Bytes to a JSON document, strictly: UTF-8, one value, bounded nesting. */

/** No request of the API nests deeper than 4; unknown members may, within reason. */
const DEPTH_MAX = 64;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value `body` holds, or undefined when it is not exactly one JSON value in UTF-8 nested at most 64 deep. */
export function parseJsonDocument(body: Uint8Array): unknown {
  if (!nestingWithin(body, DEPTH_MAX)) return undefined;
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    // Not UTF-8 or not JSON: that is the sender's error and the answer undefined says so.
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether brackets outside strings nest at most `depthMax` deep. Says nothing else about the text. */
function nestingWithin(body: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  for (let position = 0; position < body.length; position += 1) {
    const byte = body[position];
    if (byte === QUOTE) {
      position = endOfString(body, position + 1);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > depthMax) return false;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
  return true;
}

/** Position of the closing quote of the string that starts at `start`, or the end of the text. */
function endOfString(body: Uint8Array, start: number): number {
  let from = start;
  for (;;) {
    const quote = body.indexOf(QUOTE, from);
    if (quote < 0) return body.length;
    let backslashes = 0;
    while (quote - backslashes - 1 >= start && body[quote - backslashes - 1] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    from = quote + 1;
  }
}
