/** Waiting before the next attempt: twice as long each time, up to a limit, with jitter so that many do not return at once. */
const DELAY_MIN_MS = 50;
const DELAY_MAX_MS = 2_000;

/** Waits before attempt number `attempt` (1 is the first repetition). */
export function backoff(attempt: number): Promise<void> {
  const delayMs = Math.min(DELAY_MIN_MS * 2 ** (attempt - 1), DELAY_MAX_MS);
  return new Promise((resolve) => setTimeout(resolve, delayMs * (0.5 + Math.random() / 2)));
}
