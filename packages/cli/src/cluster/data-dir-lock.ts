/**
 * One cluster a data directory. `lock` holds the identity of the `millrace up` that owns it; it appears by a hard link, whole
 * or not at all. A lock whose process is gone is stale and is replaced.
 */
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileProblem, ServiceError } from "@millrace/base";
import { identityOf, stillRuns, type ProcessIdentity } from "./process-identity.ts";

const ATTEMPTS_MAX = 5;

/** A held lock. */
export interface DataDirLock {
  release(): void;
}

/** Takes the lock of `dataDir`, which is created. Errors: USAGE when another cluster runs there or it cannot be written. */
export function lockDataDir(dataDir: string): DataDirLock {
  const path = join(dataDir, "lock");
  const draft = `${path}.${process.pid}`;
  try {
    makeDirectory(dataDir);
    writeFileSync(draft, JSON.stringify(identityOf(process.pid)));
  } catch (error) {
    throw new ServiceError("USAGE", `cannot write to ${dataDir}: ${fileProblem(error)}; name another with --data-dir`);
  }
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      if (tryLink(draft, path)) return { release: () => rmSync(path, { force: true }) };
      const owner = readOwner(path);
      if (owner !== undefined && stillRuns(owner)) {
        throw new ServiceError(
          "USAGE",
          `${dataDir} is in use by a cluster that runs already (pid ${owner.pid}); stop it or choose another --data-dir`,
        );
      }
      setAside(path, owner);
    }
    throw new ServiceError("USAGE", `${path} keeps changing: is another cluster being started there?`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** One level at a time: Node's recursive mkdir never returns where the kernel denies that an existing parent exists, as in /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readOwner(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    // Gone in the meantime, or not a lock of ours: no owner either way.
    return undefined;
  }
}

/** Removes a stale lock, but puts it back when somebody else replaced it since it was read. */
function setAside(path: string, expected: ProcessIdentity | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Another process was faster; the next attempt sees what is there.
  }
  const found = readOwner(aside);
  if (found !== undefined && found.pid !== expected?.pid && stillRuns(found)) tryLink(aside, path);
  rmSync(aside, { force: true });
}
