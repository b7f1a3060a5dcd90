/** What the line of `millrace up --json` says, and the pids that change when a killed process is started again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One process of a launched cluster. `id` is its lasting identity; `pid` is that of now. */
export interface LaunchedProcess {
  readonly role: "coordinator" | "storage-node" | "gateway" | "single";
  readonly name: string;
  readonly id: string;
  readonly zone?: string;
  readonly pid: number;
  readonly endpoint: string;
  readonly adminEndpoint: string;
}

/** The parts of the ready line that tests use. */
export interface ReadyLine {
  readonly endpoint: string;
  readonly grpcEndpoint: string | null;
  readonly dataDir: string;
  readonly certificateFile: string | null;
  readonly processes: readonly LaunchedProcess[];
}

/** The processes with their pids of now. */
export function currentProcesses(line: ReadyLine): LaunchedProcess[] {
  let record: Record<string, { pid: number }> = {};
  try {
    record = JSON.parse(readFileSync(join(line.dataDir, "processes.json"), "utf8")) as typeof record;
  } catch {
    // A stopped cluster has no record any more: the ready line still holds.
  }
  return line.processes.map((process) => ({ ...process, pid: record[process.name]?.pid ?? process.pid }));
}

/** Whether the process answers that it can serve. */
export async function isReady({ adminEndpoint }: LaunchedProcess): Promise<boolean> {
  try {
    const answer = await fetch(`${adminEndpoint}/health/ready`, { signal: AbortSignal.timeout(1_000) });
    return answer.ok;
  } catch {
    // Refused, reset or hung: not ready.
    return false;
  }
}
