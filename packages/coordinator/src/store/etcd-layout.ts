/**
 * Where things lie in etcd, under one prefix for each cluster:
 *
 * | key | value |
 * |---|---|
 * | `election` | address of the elected coordinator; attached to its lease, so that it goes when the coordinator does |
 * | `commit` | id of the last commit; each commit replaces the id it expects, so that a delayed attempt is refused |
 * | `records/<key>` | a record, as `state/record-codec.ts` encodes it |
 * | `pending/count` | number of chunks of a decided commit that may not have been carried out to its end |
 * | `pending/<5 digits>` | a chunk: JSON `[[key, value or null], …]` |
 */
import type { EtcdWrite } from "@millrace/rpc";
import type { EncodedChange } from "../state/record-codec.ts";

/** The keys of one cluster. */
export interface EtcdLayout {
  readonly election: string;
  readonly commit: string;
  readonly records: string;
  readonly pending: string;
  readonly pendingCount: string;
}

/** etcd takes 128 operations and 1.5 MiB in a transaction unless told otherwise; conditions come on top. */
export const OPERATIONS_MAX: number = 100;
/** Largest chunk of values in one transaction. A single value may be larger and then stands alone. */
export const CHUNK_BYTES_MAX: number = 512 * 1024;

const CHUNK_DIGITS = 5;

/** The layout under `prefix`, e.g. `/millrace`. */
export function etcdLayout(prefix: string): EtcdLayout {
  const base = prefix.replace(/\/+$/, "");
  return {
    election: `${base}/election`,
    commit: `${base}/commit`,
    records: `${base}/records/`,
    pending: `${base}/pending/`,
    pendingCount: `${base}/pending/count`,
  };
}

/** The first key after all keys that begin with `folder`, which ends in a slash. */
export function endOfFolder(folder: string): string {
  // "0" follows "/".
  return `${folder.slice(0, -1)}0`;
}

/** Key of a chunk of a pending commit. */
export function chunkKey(layout: EtcdLayout, index: number): string {
  return layout.pending + String(index).padStart(CHUNK_DIGITS, "0");
}

/** Changes as writes of records. */
export function recordWrites(layout: EtcdLayout, changes: readonly EncodedChange[]): EtcdWrite[] {
  return changes.map(({ key, value }) =>
    value === undefined ? { remove: layout.records + key } : { put: layout.records + key, value },
  );
}

/** A chunk of a pending commit as stored. Values are UTF-8 text. */
export function encodeChunk(changes: readonly EncodedChange[]): string {
  return JSON.stringify(
    changes.map(({ key, value }) => [key, value === undefined ? null : Buffer.from(value).toString()]),
  );
}

/** The inverse of {@link encodeChunk}. */
export function decodeChunk(chunk: Buffer): EncodedChange[] {
  const entries = JSON.parse(chunk.toString()) as [string, string | null][];
  return entries.map(([key, value]) => ({ key, value: value === null ? undefined : Buffer.from(value) }));
}

/** Cuts changes into parts of at most `countMax` changes and about {@link CHUNK_BYTES_MAX}, in order. */
export function chunksOf(changes: readonly EncodedChange[], countMax: number): EncodedChange[][] {
  const chunks: EncodedChange[][] = [];
  let current: EncodedChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    const size = change.key.length + (change.value?.length ?? 0);
    if (current.length > 0 && (current.length >= countMax || bytes + size > CHUNK_BYTES_MAX)) {
      chunks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(change);
    bytes += size;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}
