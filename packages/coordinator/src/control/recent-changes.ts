/** Changes that AWS allows only so often in a rolling day, remembered by their times. */

/** The window of these limits. */
export const CHANGE_WINDOW_MS = 86_400_000;

/** Those of `timesMs` that still count at `nowMs`. */
export function recentChanges(timesMs: readonly number[], nowMs: number): readonly number[] {
  return timesMs.filter((timeMs) => nowMs - timeMs < CHANGE_WINDOW_MS);
}
