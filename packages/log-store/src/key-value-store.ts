/** {@link KeyValueStore} over RocksDB: keys are UTF-8, so byte order is code point order. */
import { ServiceError } from "@millrace/base";
import type { KeyValueStore } from "./log-store-contract.ts";
import { RocksDatabase } from "./rocksdb/rocks-database.ts";

/**
 * Opens or creates the store in `directory`. One process at a time: a second open rejects with UNAVAILABLE, as do all
 * operations after close and any failure of the disk below.
 */
export async function openKeyValueStore(directory: string): Promise<KeyValueStore> {
  const database = await RocksDatabase.open(directory);
  return {
    get: async (key) => database.get(encodeKey(key)),
    range: async (from, to) => {
      if (from >= to) return [];
      const pairs = await database.range({ from: Buffer.from(from), to: Buffer.from(to) });
      return pairs.map(({ key, value }) => ({ key: key.toString(), value }));
    },
    write: async (changes, options) =>
      database.write(
        changes.map(({ key, value }) => ({ key: encodeKey(key), value })),
        options,
      ),
    close: () => database.close(),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

function encodeKey(key: string): Buffer {
  if (key === "") throw new ServiceError("USAGE", "a key must not be empty");
  return Buffer.from(key);
}
