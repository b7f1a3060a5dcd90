/** Metadata in an embedded key-value store with synced writes: for a cluster with one coordinator. */
import type { KeyValueStore } from "@millrace/log-store";
import { decodeRecord, encodeChange } from "../state/record-codec.ts";
import type { StateChange } from "../state/cluster-state.ts";
import type { MetadataStore } from "./metadata-store.ts";

/** Takes over `store` and closes it with itself. */
export function openEmbeddedMetadataStore(store: KeyValueStore): MetadataStore {
  const close = (): Promise<void> => store.close();
  return {
    load: async () => {
      // Keys are `<table>/…` with lower-case table names: every one lies between these bounds.
      const records = await store.range("a", "{");
      return records.map(({ key, value }) => decodeRecord(key, value));
    },
    commit: (changes: readonly StateChange[]) => store.write(changes.map(encodeChange), { sync: true }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
