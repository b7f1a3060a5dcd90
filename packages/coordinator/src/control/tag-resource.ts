/** TagResource: adds or overwrites tags of a stream or consumer. */
import type { ControlOperation } from "./control-operation.ts";
import { changeResource, findSettledResource, namedResource, settingsOf } from "./resource.ts";
import { addTags } from "./tags.ts";

/** Members of a TagResource request. */
export interface TagResourceInput {
  readonly ResourceARN: string;
  readonly Tags: Readonly<Record<string, string>>;
}

/** See the file comment. */
export const tagResource: ControlOperation<TagResourceInput> = (state, input, context) => {
  const found = findSettledResource(state, input.ResourceARN, context, "TagResource");
  if ("error" in found) return found;
  const tags = addTags(namedResource(found.value), settingsOf(found.value).tags, input.Tags);
  return "error" in tags ? tags : changeResource(found.value, { tags: tags.value });
};
