/** Runs an attempt for ever with jittered backoff between failures. The coordinator may be away for long; nothing else waits for it. */
import { sleep, type Clock, type Random } from "@millrace/base";

const BACKOFF_MIN_MS = 200;
const BACKOFF_MAX_MS = 2000;

/** `attempt` answers whether it got anywhere: then the next one starts soon. It must not throw. Ends when `signal` aborts. */
export async function retryForever(
  parts: { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal },
  attempt: () => Promise<boolean>,
): Promise<void> {
  let failures = 0;
  while (!parts.signal.aborted) {
    failures = (await attempt()) ? 0 : Math.min(failures + 1, 8);
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** failures);
    await sleep(parts.clock, backoffMs * (0.5 + parts.random.float() / 2), parts.signal);
  }
}
