/** ListTagsForStream: by key in code-unit order, after a key that need not exist or even be a legal one. */
import type { ControlOperation } from "./control-operation.ts";
import { findStream, type StreamAddress } from "./stream-address.ts";
import { changeNothing } from "./stream-change.ts";
import { listTags, TAGS_PER_RESOURCE_MAX } from "./tags.ts";

/** Members of a ListTagsForStream request. */
export interface ListTagsForStreamInput extends StreamAddress {
  readonly ExclusiveStartTagKey?: string | undefined;
  readonly Limit?: number | undefined;
}

/** Without a Limit all tags are on one page. */
export const listTagsForStream: ControlOperation<ListTagsForStreamInput> = (state, input, context) => {
  const found = findStream(state, input, context, "ListTagsForStream");
  if ("error" in found) return found;
  const after = input.ExclusiveStartTagKey;
  const rest = listTags(found.value.tags).filter((tag) => after === undefined || tag.Key > after);
  const limit = input.Limit ?? TAGS_PER_RESOURCE_MAX;
  return changeNothing({ Tags: rest.slice(0, limit), HasMoreTags: rest.length > limit });
};
