/** Reads a cluster's records from etcd as of one revision, with a commit that is decided and not carried out yet. */
import { ServiceError } from "@millrace/base";
import type { EtcdClient, EtcdPair } from "@millrace/rpc";
import type { EncodedChange } from "../state/record-codec.ts";
import { decodeChunk, endOfFolder, type EtcdLayout } from "./etcd-layout.ts";

const PAGE = 2_000;

/** What is stored: `records` with `pending` applied already, and `pending` for whoever has to carry it out. */
export interface EtcdRecords {
  readonly records: ReadonlyMap<string, Uint8Array>;
  readonly pending: readonly EncodedChange[];
}

/** See the file comment. */
export async function readEtcdRecords(client: EtcdClient, layout: EtcdLayout): Promise<EtcdRecords> {
  const waiting = await client.range({ from: layout.pending, to: endOfFolder(layout.pending) });
  const pending = pendingChanges(layout, waiting.pairs);
  const records = new Map<string, Uint8Array>();
  let from = layout.records;
  for (;;) {
    const page = await client.range({
      from,
      to: endOfFolder(layout.records),
      limit: PAGE,
      revision: waiting.revision,
    });
    for (const { key, value } of page.pairs) records.set(key.slice(layout.records.length), value);
    const last = page.pairs.at(-1);
    if (!page.more || last === undefined) break;
    from = `${last.key}\0`;
  }
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
