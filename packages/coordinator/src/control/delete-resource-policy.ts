/** DeleteResourcePolicy: an error when there is no policy. */
import { resourceNotFound } from "./control-errors.ts";
import type { ControlOperation } from "./control-operation.ts";
import { changeResource, findSettledResource, settingsOf } from "./resource.ts";

/** Members of a DeleteResourcePolicy request. */
export interface DeleteResourcePolicyInput {
  readonly ResourceARN: string;
}

/** See the file comment. */
export const deleteResourcePolicy: ControlOperation<DeleteResourcePolicyInput> = (state, input, context) => {
  const found = findSettledResource(state, input.ResourceARN, context, "DeleteResourcePolicy");
  if ("error" in found) return found;
  if (settingsOf(found.value).policy !== "") return changeResource(found.value, { policy: "" });
  return resourceNotFound(`No resource policy found for resource ARN ${input.ResourceARN}`);
};
