/** The control plane's quotas as the configuration wants them. */
import type { CoordinatorConfig } from "@millrace/runtime";
import type { ControlLimits } from "../control/control-operation.ts";
import { defaultControlLimits } from "../control/default-control-limits.ts";

/** Out of reach, and still a number that clients of DescribeLimits can hold in 32 bits. */
const UNLIMITED = 1_000_000_000;

/** AWS's quotas, or none. `settleMs` is a pace, not a quota: it is taken as configured either way. */
export function configuredLimits(config: Pick<CoordinatorConfig, "limits" | "settleMs">): ControlLimits {
  const { settleMs } = config;
  if (config.limits === "aws") return { ...defaultControlLimits, settleMs };
  return {
    shardsPerAccountMax: UNLIMITED,
    onDemandStreamsMax: UNLIMITED,
    consumersPerStreamMax: UNLIMITED,
    streamsInTransitionMax: UNLIMITED,
    paceLimitsOff: true,
    settleMs,
  };
}
