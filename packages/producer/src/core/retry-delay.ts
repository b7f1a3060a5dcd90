/** How long to wait before another try: exponential with full jitter, so that many producers do not come back together. */
import type { Random } from "@millrace/base";

const LEAST_MS = 5;

/** From which wait to which: a throttled shard is ready again soon, a service that fails needs longer. */
export const retryWaits: {
  readonly throttled: { readonly firstMs: number; readonly mostMs: number };
  readonly failed: { readonly firstMs: number; readonly mostMs: number };
} = {
  throttled: { firstMs: 50, mostMs: 500 },
  failed: { firstMs: 50, mostMs: 2_000 },
};

/** The wait before try `attempt` + 1, after `attempt` failures in a row (1, 2, 3 …). */
export function retryDelayMs(random: Random, kind: keyof typeof retryWaits, attempt: number): number {
  const { firstMs, mostMs } = retryWaits[kind];
  const ceilingMs = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  return LEAST_MS + random.float() * ceilingMs;
}
