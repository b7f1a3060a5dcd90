/**
 * `processes.json` in the data directory: which processes run for it now, by name. Scripts read pids from it, commands the
 * address of the coordinator, and the next
 * `up` waits for those that a killed `up` left behind (they end by themselves, but need a moment to close their files).
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ServiceError } from "@millrace/base";
import { identityOf, stillRuns, type ProcessIdentity } from "./process-identity.ts";

const WAIT_MAX_MS = 20_000;
const POLL_MS = 50;

/** A running process and where it serves; empty before it does. */
export type RecordedProcess = ProcessIdentity & { readonly endpoint: string };

/** Processes by name (`coordinator`, `node-1`, `gateway`). */
export type ProcessRecord = Readonly<Record<string, RecordedProcess>>;

/** Replaces the record; a reader sees the old one or the new one. */
export function writeProcessRecord(
  dataDir: string,
  running: Readonly<Record<string, { readonly pid: number; readonly endpoint: string }>>,
): void {
  const path = join(dataDir, "processes.json");
  const record = Object.fromEntries(
    Object.entries(running).map(([name, { pid, endpoint }]) => [name, { ...identityOf(pid), endpoint }]),
  );
  writeFileSync(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** Removes the record of a cluster that has stopped. */
export function removeProcessRecord(dataDir: string): void {
  rmSync(join(dataDir, "processes.json"), { force: true });
}

/** Waits until no process of an earlier cluster runs. Errors: USAGE when one does not end. */
export async function awaitLeftovers(dataDir: string, say: (line: string) => void): Promise<void> {
  const left = (): [string, ProcessIdentity][] => Object.entries(readRecord(dataDir)).filter(([, id]) => stillRuns(id));
  const giveUpMs = performance.now() + WAIT_MAX_MS;
  for (let said = false; left().length > 0; said = true) {
    const names = left().map(([name, { pid }]) => `${name} (pid ${pid})`);
    if (!said) say(`waiting for ${names.join(", ")} of an earlier run to end`);
    if (performance.now() > giveUpMs) {
      throw new ServiceError("USAGE", `${names.join(", ")} of an earlier run still runs on ${dataDir}; end it first`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What runs for the directory; empty when nothing does. */
export function readRecord(dataDir: string): ProcessRecord {
  try {
    return JSON.parse(readFileSync(join(dataDir, "processes.json"), "utf8")) as ProcessRecord;
  } catch {
    // Nothing has run here, or it stopped cleanly.
    return {};
  }
}
