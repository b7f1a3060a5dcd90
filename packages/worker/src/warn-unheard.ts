/** What becomes of errors that an application has no hook for: a warning of the process, once per kind. */
import type { ServiceError } from "@millrace/base";

/** An `onError` that warns once per code and kind of task (its first word), so that an outage does not flood the log. */
export function warnUnheard(warn: (warning: string) => void): (error: ServiceError, task: string) => void {
  // Bounded: both parts come from closed lists.
  const warned = new Set<string>();
  return (error, task) => {
    const kind = `${task.split(" ", 1)[0]} ${error.code}`;
    if (warned.has(kind)) return;
    warned.add(kind);
    warn(`${task}: ${error.message} (it is tried again; said once: hooks.onError hears every time)`);
  };
}

/** A warning as Node prints it on standard error, and as `process.on("warning")` hears it. */
export function processWarning(warning: string): void {
  process.emitWarning(warning, "MillraceWorkerWarning");
}
