/** AddTagsToStream: adds tags or overwrites their values. */
import type { ControlOperation } from "./control-operation.ts";
import { findServingStream, type StreamAddress } from "./stream-address.ts";
import { changeStream } from "./stream-change.ts";
import { addTags } from "./tags.ts";

/** Members of an AddTagsToStream request. */
export interface AddTagsToStreamInput extends StreamAddress {
  readonly Tags: Readonly<Record<string, string>>;
}

/** Not while the stream is CREATING or DELETING. */
export const addTagsToStream: ControlOperation<AddTagsToStreamInput> = (state, input, context) => {
  const found = findServingStream(state, input, context, "AddTagsToStream");
  if ("error" in found) return found;
  const tags = addTags(found.value, found.value.tags, input.Tags);
  return "error" in tags ? tags : changeStream({ ...found.value, tags: tags.value });
};
