/** Bounded waiting: no promise of ours is awaited without one of these. */
import type { Clock } from "./clock.ts";
import { ServiceError } from "./service-error.ts";

/** `work`, or a ServiceError DEADLINE after `timeoutMs`. The work itself is not cancelled. `what` names it in the message. */
export function withDeadline<T>(clock: Clock, timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.schedule(timeoutMs, () => {
      reject(new ServiceError("DEADLINE", `${what} did not finish within ${timeoutMs} ms`));
    });
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(ServiceError.from(error));
      },
    );
  });
}
