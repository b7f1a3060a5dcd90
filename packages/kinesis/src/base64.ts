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
