/** CPU time of other processes, from /proc (Linux). */
import { readFileSync } from "node:fs";

/** Clock ticks are 10 ms on every Linux that Node supports (USER_HZ is fixed at 100 in what /proc shows). */
const TICK_MS = 10;
/** Positions among the fields that follow the command name. */
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;

/** User and system time of a process since its start, in milliseconds; 0 when it is gone. */
export function cpuMsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD])) * TICK_MS;
  } catch {
    // Ended meanwhile; what it used is not known any more.
    return 0;
  }
}

/** A measured process by name. */
export interface NamedProcess {
  readonly name: string;
  readonly pid: number;
}

/** Starts measuring; the returned function answers the CPU milliseconds each process used since. */
export function measureCpu(processes: readonly NamedProcess[]): () => Record<string, number> {
  const before = processes.map(({ pid }) => cpuMsOf(pid));
  return () => Object.fromEntries(processes.map(({ name, pid }, index) => [name, cpuMsOf(pid) - (before[index] ?? 0)]));
}
