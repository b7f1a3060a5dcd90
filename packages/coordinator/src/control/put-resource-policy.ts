/** PutResourcePolicy: stores a policy with a stream or consumer, replacing the one before. */
import type { ControlOperation } from "./control-operation.ts";
import { changeResource, findSettledResource } from "./resource.ts";
import { refusePolicy } from "./resource-policy.ts";

/** Members of a PutResourcePolicy request. */
export interface PutResourcePolicyInput {
  readonly ResourceARN: string;
  readonly Policy: string;
}

/** The policy is kept as written. */
export const putResourcePolicy: ControlOperation<PutResourcePolicyInput> = (state, input, context) => {
  const found = findSettledResource(state, input.ResourceARN, context, "PutResourcePolicy");
  if ("error" in found) return found;
  return refusePolicy(input.Policy) ?? changeResource(found.value, { policy: input.Policy });
};
