/** Reads a cluster's records from etcd as of one revision, with a commit that is decided and not carried out yet. */
import { ServiceError } from "@millrace/base";
import type { EtcdClient, EtcdPair } from "@millrace/rpc";
import type { EncodedChange } from "../state/record-codec.ts";
import { decodeChunk, endOfFolder, type EtcdLayout } from "./etcd-layout.ts";

/** Records with the longest policies and all tags stay far below the limit of a message; so do chunks, which are larger. */
const RECORDS_PER_PAGE = 400;
const CHUNKS_PER_PAGE = 16;

/** What is stored: `records` with `pending` applied already, and `pending` for whoever has to carry it out. */
export interface EtcdRecords {
  readonly records: ReadonlyMap<string, Uint8Array>;
  readonly pending: readonly EncodedChange[];
}

/** See the file comment. */
export async function readEtcdRecords(client: EtcdClient, layout: EtcdLayout): Promise<EtcdRecords> {
  const waiting = await readFolder(client, layout.pending, CHUNKS_PER_PAGE);
  const pending = pendingChanges(layout, waiting.pairs);
  const stored = await readFolder(client, layout.records, RECORDS_PER_PAGE, waiting.revision);
  const records = new Map<string, Uint8Array>();
  for (const { key, value } of stored.pairs) records.set(key.slice(layout.records.length), value);
  for (const { key, value } of pending) {
    if (value === undefined) records.delete(key);
    else records.set(key, value);
  }
  return { records, pending };
}

/** Chunks count only with the number of them that decides the commit. */
function pendingChanges(layout: EtcdLayout, pairs: readonly EtcdPair[]): EncodedChange[] {
  const count = pairs.find(({ key }) => key === layout.pendingCount);
  if (count === undefined) return [];
  const chunks = pairs.filter(({ key }) => key !== layout.pendingCount).slice(0, Number(count.value.toString()));
  if (chunks.length !== Number(count.value.toString())) {
    throw new ServiceError("DAMAGED", "a decided commit in etcd lacks some of its chunks");
  }
  return chunks.flatMap(({ value }) => decodeChunk(value));
}

/** Every pair whose key begins with `folder`, of one revision: the newest unless told. */
async function readFolder(
  client: EtcdClient,
  folder: string,
  limit: number,
  revision = 0,
): Promise<{ readonly pairs: readonly EtcdPair[]; readonly revision: number }> {
  const pairs: EtcdPair[] = [];
  let from = folder;
  let of = revision;
  for (;;) {
    const page = await client.range({ from, to: endOfFolder(folder), limit, revision: of });
    pairs.push(...page.pairs);
    if (of === 0) of = page.revision;
    const last = page.pairs.at(-1);
    if (!page.more || last === undefined) return { pairs, revision: of };
    from = `${last.key}\0`;
  }
}
