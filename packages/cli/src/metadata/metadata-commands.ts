/** The work of `millrace metadata`. What people should know goes to standard error, so that an export can be piped. */
import { readFile, writeFile } from "node:fs/promises";
import { fileProblem, ServiceError } from "@millrace/base";
import {
  compareMetadata,
  decodeMetadataFile,
  encodeMetadataFile,
  moveMetadata,
  readMetadata,
  writeMetadata,
  type StoredRecords,
} from "@millrace/coordinator";
import { coordinatorDirectory, etcdPlace, placeOf, type PlaceOptions } from "./metadata-place.ts";

const FAULTS_SHOWN = 10;

/** Writes the file `path`, `-` for standard output. */
export async function exportTo(path: string, options: PlaceOptions): Promise<void> {
  if (path === "-" && options.json) throw new ServiceError("USAGE", "with --json, name a file to export to");
  const records = await readMetadata(await placeOf(withDefault(options)));
  const text = encodeMetadataFile(records);
  if (path === "-") process.stdout.write(text);
  else await writeExport(path, text);
  report(options, `exported ${summaryOf(records)}`, { records: records.size, file: path });
}

/** Fills an empty place. */
export async function importFrom(path: string, options: PlaceOptions): Promise<void> {
  const records = await readExport(path);
  await writeMetadata(await placeOf(options), records);
  report(options, `imported ${summaryOf(records)}`, { records: records.size });
}

/** Throws when the place differs from the file. */
export async function verify(path: string, options: PlaceOptions): Promise<void> {
  const records = await readExport(path);
  const faults = [...compareMetadata(records, await readMetadata(await placeOf(withDefault(options))))];
  if (!options.json) for (const [key, fault] of faults.slice(0, FAULTS_SHOWN)) say(`${key} ${fault}`);
  const value = { records: records.size, faults: faults.map(([key, fault]) => ({ key, fault })) };
  if (options.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  if (faults.length > 0) throw new ServiceError("CONFLICT", `${faults.length} records differ`);
  if (!options.json) say(`verified ${summaryOf(records)}`);
}

/** From a directory into etcd. */
export async function move(options: PlaceOptions): Promise<void> {
  if (options.dataDir === undefined || options.etcd === undefined) {
    throw new ServiceError("USAGE", "moving needs --data-dir and --etcd");
  }
  const place = await etcdPlace(options);
  const count = await moveMetadata(coordinatorDirectory(options.dataDir), place);
  const next = `start coordinators with etcd ${options.etcd}, prefix ${place.prefix}`;
  report(options, `moved and verified ${count} records; ${next}`, { records: count, prefix: place.prefix });
}

/** What is only read may be where `millrace up` puts it; where metadata are written to is always named. */
function withDefault(options: PlaceOptions): PlaceOptions {
  return options.etcd === undefined ? { ...options, dataDir: options.dataDir ?? "./.millrace" } : options;
}

function report({ json }: PlaceOptions, words: string, value: object): void {
  if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
  else say(words);
}

async function writeExport(path: string, text: string): Promise<void> {
  try {
    // It holds the key that authenticates iterators.
    await writeFile(path, text, { flush: true, mode: 0o600 });
  } catch (error) {
    const next = "name another file, or - for standard output";
    throw new ServiceError("USAGE", `cannot write ${path}: ${fileProblem(error)}; ${next}`, { cause: error });
  }
}

async function readExport(path: string): Promise<StoredRecords> {
  try {
    return decodeMetadataFile(await readFile(path, "utf8"));
  } catch (error) {
    const why = error instanceof ServiceError ? error.reason : fileProblem(error);
    const next = "name a file that millrace metadata export has written";
    throw new ServiceError("USAGE", `cannot read ${path}: ${why}; ${next}`, { cause: error });
  }
}

/** E.g. `12 records (1 cluster, 3 node, 8 shard)`. */
function summaryOf(records: StoredRecords): string {
  const counts = new Map<string, number>();
  for (const key of records.keys()) {
    const table = key.slice(0, key.indexOf("/"));
    counts.set(table, (counts.get(table) ?? 0) + 1);
  }
  return `${records.size} records (${[...counts].map(([table, count]) => `${count} ${table}`).join(", ")})`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
