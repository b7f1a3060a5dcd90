/** Names that there are, in a message that says which one was wrong: some of them, for there may be thousands. */

const NAMES_MAX = 10;

/** Such as "a, b", "a, b, c and 7 more", or "none yet". */
export function fewOf(names: readonly string[]): string {
  const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : "";
  return `${names.slice(0, NAMES_MAX).join(", ") || "none yet"}${more}`;
}
