/** Waits between reads that fail: twice as long each time up to a limit, with jitter so that shards do not return together. */
import type { Random } from "@millrace/base";

const WAIT_MIN_MS = 200;
const WAIT_MAX_MS = 5_000;

/** Milliseconds to wait after `failures` (at least 1) in a row. */
export function readBackoffMs(failures: number, random: Random): number {
  const fullMs = Math.min(WAIT_MAX_MS, WAIT_MIN_MS * 2 ** Math.min(failures - 1, 10));
  return Math.round(fullMs * (0.5 + random.float() / 2));
}
