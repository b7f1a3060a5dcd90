/**
 * What a release left on the disks of a small cluster, as one file: `<release>.json.gz`, written once by
 * `write-fixture.ts` with that release's own processes, and read by the tests of every later one.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

/** A record as GetRecords gave it to the release that wrote the fixture. */
export interface KeptRecord {
  readonly PartitionKey: string;
  readonly SequenceNumber: string;
  readonly Data: string;
  readonly ApproximateArrivalTimestamp: number;
}

/** See the file comment. */
export interface Fixture {
  /** Version in package.json of the release. */
  readonly release: string;
  /** Numbers of the formats on disk, as {@link formatNumbers} found them in its sources. */
  readonly formats: Readonly<Record<string, number>>;
  /** When it was written: records are as old as retention thinks they are. */
  readonly writtenMs: number;
  readonly streamName: string;
  /** Every record, by shard id. */
  readonly records: Readonly<Record<string, readonly KeptRecord[]>>;
  /** Files under the data directories of `coordinator` and `node-1`, base64 by path. */
  readonly files: Readonly<Record<string, string>>;
}

const directory = import.meta.dirname;
const repository = join(directory, "../..");

/** Releases that have a fixture. */
export function fixtureReleases(): string[] {
  const names = readdirSync(directory).filter((name) => name.endsWith(".json.gz"));
  return names.map((name) => name.slice(0, -".json.gz".length)).toSorted();
}

/** The fixture of a release. */
export function readFixture(release: string): Fixture {
  return JSON.parse(gunzipSync(readFileSync(join(directory, `${release}.json.gz`))).toString()) as Fixture;
}

/** Keeps a fixture. */
export function writeFixture(fixture: Fixture): void {
  writeFileSync(join(directory, `${fixture.release}.json.gz`), gzipSync(JSON.stringify(fixture), { level: 9 }));
}

/** Puts a fixture's files under `target`. */
export function unpack({ files }: Fixture, target: string): void {
  for (const [path, base64] of Object.entries(files)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), Buffer.from(base64, "base64"));
  }
}

/** Locks, and what RocksDB writes for people. */
const NOT_KEPT = /(^|\/)(LOCK|LOG(\.old\.\d+)?)$/;

/** The files under `source`, as a fixture keeps them. */
export function pack(source: string, parts: readonly string[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const part of parts) {
    for (const entry of readdirSync(join(source, part), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name).slice(source.length + 1);
      if (entry.isFile() && !NOT_KEPT.test(path)) files[path] = readFileSync(join(source, path)).toString("base64");
    }
  }
  return files;
}

const declarations: Readonly<Record<string, readonly [file: string, pattern: RegExp]>> = {
  node: ["packages/log-store/src/store-identity.ts", /^const FORMAT = (\d+);$/m],
  segment: ["packages/log-store/src/journal/segment-header.ts", /^const VERSION = (\d+);$/m],
  frame: ["packages/model/src/frame.ts", /^const FRAME_VERSION = (\d+);$/m],
  replicaState: ["packages/replication/src/replica-state-codec.ts", /^const STATE_VERSION = (\d+);$/m],
  metadata: ["packages/coordinator/src/store/open-cluster-tables.ts", /^export const METADATA_FORMAT = (\d+);$/m],
};

/** The numbers of all formats on disk, as the sources declare them now. */
export function formatNumbers(): Record<string, number> {
  return Object.fromEntries(
    Object.entries(declarations).map(([name, [file, pattern]]) => {
      const [, number] = pattern.exec(readFileSync(join(repository, file), "utf8")) ?? [];
      if (number === undefined) throw new Error(`${file} declares no number of a format as ${pattern}`);
      return [name, Number(number)];
    }),
  );
}

/** The version in package.json. */
export function currentRelease(): string {
  return (JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string }).version;
}
