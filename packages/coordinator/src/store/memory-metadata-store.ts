/** Metadata in memory, for tests and the simulator. It keeps encoded bytes: what was stored cannot change later. */
import { ServiceError } from "@millrace/base";
import { decodeRecord, encodeChange } from "../state/record-codec.ts";
import type { StateChange } from "../state/cluster-state.ts";
import type { MetadataStore } from "./metadata-store.ts";

/** Opens a view on `records`, which outlives it as a disk outlives a process. */
export function openMemoryMetadataStore(records: Map<string, Uint8Array> = new Map()): MetadataStore {
  let closed = false;
  const whenOpen = async <T>(work: () => T): Promise<T> => {
    // A real store answers in a later turn; callers must not come to depend on less.
    await Promise.resolve();
    if (closed) throw new ServiceError("UNAVAILABLE", "the metadata store is closed");
    return work();
  };
  const close = (): Promise<void> => {
    closed = true;
    return Promise.resolve();
  };
  return {
    load: () => whenOpen(() => [...records].map(([key, value]) => decodeRecord(key, value))),
    commit: (changes: readonly StateChange[]) =>
      whenOpen(() => {
        for (const { key, value } of changes.map(encodeChange)) {
          if (value === undefined) records.delete(key);
          else records.set(key, value);
        }
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
