/** Changes that AWS allows only so often in a rolling day, remembered by their times. */
import type { ControlContext } from "./control-operation.ts";

/** The window of these limits. */
const CHANGE_WINDOW_MS = 86_400_000;

/** The changes of the last day, newest last. */
export interface RecentChanges {
  readonly timesMs: readonly number[];
  /** Whether one more would be too many. */
  readonly exhausted: boolean;
}

/** Those of `timesMs` that still count, against `perDayMax`. At most `perDayMax` are kept, limited or not. */
export function recentChanges(timesMs: readonly number[], perDayMax: number, context: ControlContext): RecentChanges {
  const recent = timesMs.filter((timeMs) => context.nowMs - timeMs < CHANGE_WINDOW_MS).slice(-perDayMax);
  return { timesMs: recent, exhausted: recent.length >= perDayMax && context.limits.paceLimitsOff !== true };
}
