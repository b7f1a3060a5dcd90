/** GetResourcePolicy: the stored policy, `{}` when there is none. */
import type { ControlOperation } from "./control-operation.ts";
import { findResource, settingsOf } from "./resource.ts";
import { changeNothing } from "./stream-change.ts";

/** Members of a GetResourcePolicy request. */
export interface GetResourcePolicyInput {
  readonly ResourceARN: string;
}

/** See the file comment. */
export const getResourcePolicy: ControlOperation<GetResourcePolicyInput> = (state, input, context) => {
  const found = findResource(state, input.ResourceARN, context, "GetResourcePolicy");
  return "error" in found ? found : changeNothing({ Policy: settingsOf(found.value).policy || "{}" });
};
