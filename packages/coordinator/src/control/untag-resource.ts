/** UntagResource: removes tags of a stream or consumer; absent keys are no error. */
import type { ControlOperation } from "./control-operation.ts";
import { changeResource, findSettledResource, namedResource, settingsOf } from "./resource.ts";
import { removeTags } from "./tags.ts";

/** Members of an UntagResource request. */
export interface UntagResourceInput {
  readonly ResourceARN: string;
  readonly TagKeys: readonly string[];
}

/** See the file comment. */
export const untagResource: ControlOperation<UntagResourceInput> = (state, input, context) => {
  const found = findSettledResource(state, input.ResourceARN, context, "UntagResource");
  if ("error" in found) return found;
  const tags = removeTags(namedResource(found.value), settingsOf(found.value).tags, input.TagKeys);
  return "error" in tags ? tags : changeResource(found.value, { tags: tags.value });
};
