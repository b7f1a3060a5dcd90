/** A signal that aborts with another one or when time is up, and leaves nothing behind. */
import type { Clock } from "@millrace/base";

/** Runs `work` with a signal that aborts with `signal`, or after `timeoutMs`. */
export async function withinDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = new AbortController();
  const abort = (): void => limited.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const timer = clock.schedule(timeoutMs, () => limited.abort());
  try {
    return await work(limited.signal);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", abort);
  }
}

/** `work`, or undefined as soon as `signal` aborts; the work itself is not cancelled, and its late failure is nobody's. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
