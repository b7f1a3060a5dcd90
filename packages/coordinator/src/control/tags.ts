/** Tags of streams and consumers: what they may contain, how many there may be, how they are listed. */
import { invalidArgument, type NamedStream, type Refused } from "./control-errors.ts";

/** A resource's tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** Tags that one resource may have (AWS: Kinesis quotas and limits). The text of the refusal still says ten. */
export const TAGS_PER_RESOURCE_MAX = 50;
const ALLOWED = /^[\p{L}\p{N}\p{Z}\s_.:/=+\-%@]*$/u;

/** Why `texts` (keys and values) cannot be tags, or undefined. The percent sign passes only the first check. */
function refuseTagTexts(
  stream: NamedStream,
  texts: readonly string[],
  action: "add tags to" | "remove tags from",
): Refused | undefined {
  if (!texts.every((text) => ALLOWED.test(text))) {
    return invalidArgument(
      "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.",
    );
  }
  if (!texts.some((text) => text.includes("%"))) return undefined;
  return invalidArgument(
    `Failed to ${action} stream ${stream.name} under account ${stream.accountId} because some tags contained ` +
      "illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.",
  );
}

/** `current` with `added` over it, or why not. */
export function addTags(stream: NamedStream, current: Tags, added: Tags): { readonly value: Tags } | Refused {
  const refusal = refuseTagTexts(stream, Object.entries(added).flat(), "add tags to");
  if (refusal !== undefined) return refusal;
  const value = { ...current, ...added };
  if (Object.keys(value).length <= TAGS_PER_RESOURCE_MAX) return { value };
  return invalidArgument(
    `Failed to add tags to stream ${stream.name} under account ${stream.accountId} because a given stream cannot ` +
      "have more than 10 tags associated with it.",
  );
}

/** `current` without `keys`; absent keys are no error. */
export function removeTags(
  stream: NamedStream,
  current: Tags,
  keys: readonly string[],
): { readonly value: Tags } | Refused {
  const refusal = refuseTagTexts(stream, keys, "remove tags from");
  if (refusal !== undefined) return refusal;
  return { value: Object.fromEntries(Object.entries(current).filter(([key]) => !keys.includes(key))) };
}

/** Tags as answers list them, by key in code-unit order. */
export function listTags(tags: Tags): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }));
}
