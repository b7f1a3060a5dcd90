/** UpdateStreamRecordDistributionStrategy: whether the service or partition keys place records. */
import { invalidArgument } from "./control-errors.ts";
import type { ControlOperation } from "./control-operation.ts";
import { findActiveStream } from "./stream-address.ts";
import { changeStream } from "./stream-change.ts";

/** Members of an UpdateStreamRecordDistributionStrategy request. */
export interface UpdateStreamRecordDistributionStrategyInput {
  readonly StreamARN: string;
  readonly RecordDistributionStrategy: "AUTO" | "USER_PARTITION_KEY";
}

/** Takes effect at once, without UPDATING. */
export const updateStreamRecordDistributionStrategy: ControlOperation<UpdateStreamRecordDistributionStrategyInput> = (
  state,
  input,
  context,
) => {
  const address = { StreamARN: input.StreamARN };
  const found = findActiveStream(state, address, context, "UpdateStreamRecordDistributionStrategy");
  if ("error" in found) return found;
  const distribution = input.RecordDistributionStrategy;
  if (distribution === "AUTO" && found.value.mode !== "ON_DEMAND") {
    return invalidArgument("RecordDistributionStrategy AUTO needs a stream in ON_DEMAND mode.");
  }
  return changeStream({ ...found.value, distribution });
};
