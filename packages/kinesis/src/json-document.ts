/** Bytes to a JSON document, strictly: UTF-8, one value, bounded nesting and number of values. */
import { VALUES_MAX } from "./document-limit.ts";

/** No request of the API nests deeper than 4; unknown members may, within reason. */
const DEPTH_MAX = 64;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value `body` holds, or undefined when it is not exactly one JSON value in UTF-8 within 64 levels and the limit of values. */
export function parseJsonDocument(body: Uint8Array): unknown {
  if (!withinLimits(body)) return undefined;
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    // Not UTF-8 or not JSON: that is the sender's error and the answer undefined says so.
    return undefined;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/**
 * Whether brackets outside strings nest at most DEPTH_MAX deep around at most VALUES_MAX values: each but the first of a
 * list or object follows a comma, the first a bracket. Says nothing else about the text.
 */
function withinLimits(body: Uint8Array): boolean {
  let depth = 0;
  let values = 0;
  for (let position = 0; position < body.length; position += 1) {
    const byte = body[position];
    if (byte === QUOTE) {
      position = endOfString(body, position + 1);
    } else if (byte === COMMA) {
      values += 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      values += 1;
      depth += 1;
      if (depth > DEPTH_MAX) return false;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
    if (values > VALUES_MAX) return false;
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
