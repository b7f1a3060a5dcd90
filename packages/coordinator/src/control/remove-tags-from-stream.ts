/** RemoveTagsFromStream: keys that are not there are no error. */
import type { ControlOperation } from "./control-operation.ts";
import { findServingStream, type StreamAddress } from "./stream-address.ts";
import { changeStream } from "./stream-change.ts";
import { removeTags } from "./tags.ts";

/** Members of a RemoveTagsFromStream request. */
export interface RemoveTagsFromStreamInput extends StreamAddress {
  readonly TagKeys: readonly string[];
}

/** Not while the stream is CREATING or DELETING. */
export const removeTagsFromStream: ControlOperation<RemoveTagsFromStreamInput> = (state, input, context) => {
  const found = findServingStream(state, input, context, "RemoveTagsFromStream");
  if ("error" in found) return found;
  const tags = removeTags(found.value, found.value.tags, input.TagKeys);
  return "error" in tags ? tags : changeStream({ ...found.value, tags: tags.value });
};
