/** Telling a process from a later one that got the same pid. */
import { readFileSync } from "node:fs";

/** A pid and when that process started, in clock ticks since boot; null where the system does not tell. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number | null;
}

/** Position of the start time among the fields that follow the command name in /proc/PID/stat. */
const START_TIME_FIELD = 19;

/** The identity of the process that has `pid` now. */
export function identityOf(pid: number): ProcessIdentity {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { pid, startTicks: Number(fields[START_TIME_FIELD]) };
  } catch {
    // Not Linux, or no such process: the pid alone has to do.
    return { pid, startTicks: null };
  }
}

/** Whether that very process still runs. */
export function stillRuns(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = identityOf(identity.pid);
  return identity.startTicks === null || now.startTicks === null || now.startTicks === identity.startTicks;
}
