/** What both directions of a retention change share: bounds and addressing. */
import type { ClusterState, StreamRecord } from "../state/cluster-state.ts";
import { type Checked, invalidArgument } from "./control-errors.ts";
import type { ControlContext } from "./control-operation.ts";
import { findActiveStream, type StreamAddress } from "./stream-address.ts";

/** Members of both requests. */
export interface RetentionPeriodInput extends StreamAddress {
  readonly RetentionPeriodHours: number;
}

/** Bounds of retention (AWS API reference): a day, a year. */
const RETENTION_HOURS_MIN = 24;
const RETENTION_HOURS_MAX = 8760;

/** The ACTIVE stream, when the hours asked for are within bounds. */
export function findStreamForRetention(
  state: ClusterState,
  input: RetentionPeriodInput,
  context: ControlContext,
  operation: string,
): Checked<StreamRecord> {
  const found = findActiveStream(state, input, context, operation);
  if ("error" in found) return found;
  const hours = input.RetentionPeriodHours;
  if (hours < RETENTION_HOURS_MIN) {
    return invalidArgument(
      `Minimum allowed retention period is ${RETENTION_HOURS_MIN} hours. ` +
        `Requested retention period (${hours} hours) is too short.`,
    );
  }
  if (hours > RETENTION_HOURS_MAX) {
    return invalidArgument(
      `Maximum allowed retention period is ${RETENTION_HOURS_MAX} hours. ` +
        `Requested retention period (${hours} hours) is too long.`,
    );
  }
  return found;
}
