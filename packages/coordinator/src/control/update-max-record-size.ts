/** UpdateMaxRecordSize: the greatest record the stream takes from now on; stored records stay readable. */
import type { ControlOperation } from "./control-operation.ts";
import { findActiveStream } from "./stream-address.ts";
import { updateStream } from "./stream-change.ts";

/** Members of an UpdateMaxRecordSize request. The model does not require the address, the service does. */
export interface UpdateMaxRecordSizeInput {
  readonly StreamARN?: string | undefined;
  readonly MaxRecordSizeInKiB: number;
}

/** See the file comment. */
export const updateMaxRecordSize: ControlOperation<UpdateMaxRecordSizeInput> = (state, input, context) => {
  const found = findActiveStream(state, { StreamARN: input.StreamARN }, context, "UpdateMaxRecordSize");
  if ("error" in found) return found;
  return updateStream({ ...found.value, maxRecordSizeInKiB: input.MaxRecordSizeInKiB }, context);
};
