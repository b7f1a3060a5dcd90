/** Takes a cluster's metadata from one place to another while no coordinator acts on them, and compares places. */
import { ServiceError } from "@millrace/base";
import { openKeyValueStore } from "@millrace/log-store";
import { EtcdClient, type EtcdOptions } from "@millrace/rpc";
import { createLogger, realClock, realRandom } from "@millrace/runtime";
import { decodeRecord, encodeChange } from "../state/record-codec.ts";
import { openEmbeddedMetadataStore } from "./embedded-metadata-store.ts";
import { openEtcdElection } from "./etcd-election.ts";
import { etcdLayout } from "./etcd-layout.ts";
import { readEtcdRecords } from "./etcd-records.ts";
import type { MetadataStore } from "./metadata-store.ts";
import { embeddedDirectory, hasEmbedded, markMoved, requireNotMoved, unmarkMoved } from "./moved-marker.ts";

/** A cluster's keys in an etcd. */
export interface EtcdPlace {
  readonly etcd: EtcdOptions;
  readonly prefix: string;
}

/** Where metadata lie: in the data directory of a coordinator that does not run, or in etcd. */
export type MetadataPlace = { readonly dataDir: string } | EtcdPlace;

/** Records as stored: JSON text by key. */
export type StoredRecords = ReadonlyMap<string, string>;

const ELECTION_TIMEOUT_MS = 10_000;

/** Reads all records; etcd's as of one moment, also while coordinators run. Errors: USAGE, UNAVAILABLE, DAMAGED. */
export async function readMetadata(place: MetadataPlace): Promise<StoredRecords> {
  const records = new Map<string, string>();
  const put = (key: string, value: Uint8Array): void => {
    // Decoded on the way: what is not a record of ours is found here and not by the next coordinator.
    decodeRecord(key, value);
    records.set(key, Buffer.from(value).toString());
  };
  if ("etcd" in place) {
    const client = new EtcdClient(place.etcd);
    try {
      for (const [key, value] of (await readEtcdRecords(client, etcdLayout(place.prefix))).records) put(key, value);
    } finally {
      client.close();
    }
    return records;
  }
  if (!hasEmbedded(place.dataDir)) throw new ServiceError("USAGE", `there are no metadata in ${place.dataDir}`);
  await using store = await openEmbedded(place.dataDir);
  for (const change of await store.load()) {
    const { key, value } = encodeChange(change);
    if (value !== undefined) put(key, value);
  }
  return records;
}

/** Writes records where there are none yet. Errors: USAGE when there are, or when a coordinator acts there. */
export async function writeMetadata(place: MetadataPlace, records: StoredRecords): Promise<void> {
  const changes = [...records].map(([key, value]) => decodeRecord(key, Buffer.from(value)));
  const fill = async (store: MetadataStore): Promise<void> => {
    if ((await store.load()).length > 0) throw new ServiceError("USAGE", "there are metadata in that place already");
    await store.commit(changes);
  };
  if ("etcd" in place) return inOffice(place, fill);
  {
    await using store = await openEmbedded(place.dataDir);
    await fill(store);
  }
  await unmarkMoved(place.dataDir);
}

/** Keys whose records differ, with what is wrong: `missing`, `differs` or `unexpected` in `actual`. */
export function compareMetadata(expected: StoredRecords, actual: StoredRecords): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  for (const [key, value] of expected) {
    const found = actual.get(key);
    if (found === undefined) faults.set(key, "missing");
    else if (found !== value) faults.set(key, "differs");
  }
  for (const key of actual.keys()) if (!expected.has(key)) faults.set(key, "unexpected");
  return faults;
}

/**
 * Moves a stopped coordinator's metadata into etcd, compares, and marks the directory so that nobody starts on it again.
 * Repeating it after an interruption is harmless. Answers the number of records. Errors as those of reading and writing.
 */
export async function moveMetadata(dataDir: string, to: EtcdPlace): Promise<number> {
  await requireNotMoved(dataDir);
  const records = await readMetadata({ dataDir });
  if ((await readMetadata(to)).size === 0) await writeMetadata(to, records);
  const faults = compareMetadata(records, await readMetadata(to));
  if (faults.size > 0) {
    throw new ServiceError("USAGE", `etcd holds other metadata under ${to.prefix}: ${faults.size} records differ`);
  }
  await markMoved(dataDir, { endpoints: to.etcd.endpoints, prefix: to.prefix });
  return records.size;
}

/** Fails with USAGE when none of the endpoints answers. */
export async function requireEtcd(etcd: EtcdOptions): Promise<void> {
  const { endpoints } = etcd;
  const client = new EtcdClient(etcd);
  let failure: unknown;
  try {
    for (let attempt = 0; attempt < endpoints.length; attempt += 1) {
      try {
        await client.range({ from: "/" });
        return;
      } catch (error) {
        failure = error;
      }
    }
  } finally {
    client.close();
  }
  const why = ServiceError.from(failure).message;
  throw new ServiceError("USAGE", `etcd at ${endpoints.join(",")} does not answer: ${why}`, { cause: failure });
}

async function openEmbedded(dataDir: string): Promise<MetadataStore> {
  try {
    return openEmbeddedMetadataStore(await openKeyValueStore(embeddedDirectory(dataDir)));
  } catch (error) {
    const why = ServiceError.from(error).message;
    // The rest of what RocksDB says of a lock that another process holds helps nobody.
    const advice = why.includes("While lock file") ? "stop it first" : why;
    const what = `cannot open the metadata in ${dataDir}; does its coordinator run? ${advice}`;
    throw new ServiceError("USAGE", what, { cause: error });
  }
}

/** Works as the elected one, so that no coordinator acts meanwhile. */
async function inOffice(place: EtcdPlace, work: (store: MetadataStore) => Promise<void>): Promise<void> {
  const election = openEtcdElection({
    etcd: place.etcd,
    prefix: place.prefix,
    address: "millrace metadata",
    clock: realClock,
    random: realRandom,
    logger: createLogger({ role: "coordinator", level: "silent" }),
  });
  try {
    const mandate = await election.campaign(AbortSignal.timeout(ELECTION_TIMEOUT_MS));
    if (mandate === undefined) {
      throw new ServiceError("USAGE", "a coordinator acts on that etcd, or it does not answer: stop it first");
    }
    await work(mandate.store);
  } finally {
    await election.close();
  }
}
