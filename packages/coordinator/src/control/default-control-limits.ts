/** AWS's default quotas, and a pace that feels like AWS without its waiting. */
import type { ControlLimits } from "./control-operation.ts";

/** Quotas from "Quotas and limits" of the Kinesis developer guide, large regions. */
export const defaultControlLimits: ControlLimits = {
  shardsPerAccountMax: 20_000,
  onDemandStreamsMax: 50,
  consumersPerStreamMax: 20,
  streamsInTransitionMax: 5,
  settleMs: 500,
};
