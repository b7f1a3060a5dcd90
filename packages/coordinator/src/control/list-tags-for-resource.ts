/** ListTagsForResource: all tags of a stream or consumer. */
import type { ControlOperation } from "./control-operation.ts";
import { findResource, settingsOf } from "./resource.ts";
import { changeNothing } from "./stream-change.ts";
import { listTags } from "./tags.ts";

/** Members of a ListTagsForResource request. */
export interface ListTagsForResourceInput {
  readonly ResourceARN: string;
}

/** See the file comment. */
export const listTagsForResource: ControlOperation<ListTagsForResourceInput> = (state, input, context) => {
  const found = findResource(state, input.ResourceARN, context, "ListTagsForResource");
  return "error" in found ? found : changeNothing({ Tags: listTags(settingsOf(found.value).tags) });
};
