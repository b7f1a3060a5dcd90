/** DecreaseStreamRetentionPeriod: older records become unreachable at once. */
import { invalidArgument } from "./control-errors.ts";
import type { ControlOperation } from "./control-operation.ts";
import { findStreamForRetention, type RetentionPeriodInput } from "./retention-period.ts";
import { changeStream } from "./stream-change.ts";

/** The present value is accepted. Takes effect at once; the stream stays ACTIVE. */
export const decreaseStreamRetentionPeriod: ControlOperation<RetentionPeriodInput> = (state, input, context) => {
  const found = findStreamForRetention(state, input, context, "DecreaseStreamRetentionPeriod");
  if ("error" in found) return found;
  const stream = found.value;
  const retentionHours = input.RetentionPeriodHours;
  if (retentionHours > stream.retentionHours) {
    return invalidArgument(
      `Requested retention period (${retentionHours} hours) for stream ${stream.name} can not be longer than ` +
        `existing retention period (${stream.retentionHours} hours). Use IncreaseRetentionPeriod API.`,
    );
  }
  return changeStream({ ...stream, retentionHours });
};
