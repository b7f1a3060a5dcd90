/** Standard base64 as the service checks it: padded, canonical, without blanks and without the url-safe letters. */

const FOREIGN = /[^A-Za-z0-9+/=]|=(?!=|$)/;
/** Letters whose low four (two) bits are zero: what may stand before `==` (`=`). */
const BEFORE_TWO_PADS = "AQgw";
const BEFORE_ONE_PAD = "AEIMQUYcgkosw048";

/** Why `text` is not base64 in the service's words, or undefined when it is. */
export function base64Fault(text: string): string | undefined {
  if (text.length % 4 !== 0) {
    return `Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`;
  }
  const foreign = FOREIGN.exec(text);
  if (foreign !== null) return `Invalid Base64 character: '${foreign[0]}'`;
  // The misspelling is the service's own.
  return tailIsCanonical(text) ? undefined : "Invalid last non-pad Base64 character dectected";
}

function tailIsCanonical(text: string): boolean {
  if (!text.endsWith("=")) return true;
  if (!text.endsWith("==")) return BEFORE_ONE_PAD.includes(text.charAt(text.length - 2));
  return !text.endsWith("===") && BEFORE_TWO_PADS.includes(text.charAt(text.length - 3));
}

const EQUALS = 0x3d;

/**
 * Decodes the base64 at `body[start, end)` into `target` at `position` and answers the number of bytes, or -1 when it
 * is not canonical base64; then `target` may hold part of it. The span's length is a multiple of four and it holds no
 * `-` and no `_`, as the spans of a put scan: the decoder reads those as letters. Whatever else it skips is noticed,
 * because then fewer bytes come out than the length promises.
 */
export function decodeBase64Into(body: Buffer, start: number, end: number, target: Buffer, position: number): number {
  if (start === end) return 0;
  const pads = body[end - 1] === EQUALS ? (body[end - 2] === EQUALS ? 2 : 1) : 0;
  const length = ((end - start) / 4) * 3 - pads;
  if (pads === 1 && !BEFORE_ONE_PAD.includes(String.fromCharCode(body[end - 2] as number))) return -1;
  if (pads === 2 && !BEFORE_TWO_PADS.includes(String.fromCharCode(body[end - 3] as number))) return -1;
  const written = target.write(body.toString("latin1", start, end), position, length, "base64");
  return written === length ? length : -1;
}
