/**
 * `metadata-moved.json` in a coordinator's data directory: its metadata lie in etcd now. What is left beside it is the state of that
 * moment, and a coordinator that started on it would be a second author of the cluster.
 */
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ServiceError } from "@millrace/base";

const FILE = "metadata-moved.json";

/** Where a data directory's metadata went. */
export interface MovedTo {
  readonly endpoints: readonly string[];
  readonly prefix: string;
}

/** The directory of the embedded store. */
export function embeddedDirectory(dataDir: string): string {
  return join(dataDir, "metadata");
}

/** Whether a data directory holds embedded metadata, current or left behind. */
export function hasEmbedded(dataDir: string): boolean {
  return existsSync(embeddedDirectory(dataDir));
}

/** Writes the marker. */
export async function markMoved(dataDir: string, to: MovedTo): Promise<void> {
  await writeFile(join(dataDir, FILE), `${JSON.stringify(to)}\n`, { flush: true });
}

/** Removes the marker, when metadata come back. */
export async function unmarkMoved(dataDir: string): Promise<void> {
  await rm(join(dataDir, FILE), { force: true });
}

/** Fails with USAGE when the metadata of the directory have moved: it must not be opened. */
export async function requireNotMoved(dataDir: string): Promise<void> {
  if (!existsSync(join(dataDir, FILE))) return;
  const { endpoints, prefix } = JSON.parse(await readFile(join(dataDir, FILE), "utf8")) as MovedTo;
  const where = `etcd at ${endpoints.join(",")} under ${prefix}`;
  throw new ServiceError("USAGE", `the metadata of ${dataDir} lie in ${where} now; set etcdEndpoints and etcdPrefix`);
}

/** Fails with USAGE when the directory holds metadata that were never moved: with etcd they would be forgotten. */
export function requireMoved(dataDir: string): void {
  if (!hasEmbedded(dataDir) || existsSync(join(dataDir, FILE))) return;
  const how = "move them with `millrace metadata move`, or remove that directory";
  throw new ServiceError("USAGE", `${embeddedDirectory(dataDir)} holds metadata that are not in etcd: ${how}`);
}
