/** The seam to the database under the frame index: ordered binary keys, atomic batches. RocksDB, or a simulated one. */

/** One pair of an ordered database. */
export interface KeyValuePair {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** One change of an atomic batch; an undefined value deletes. */
export interface KeyValueChange {
  readonly key: Buffer;
  readonly value: Uint8Array | undefined;
}

/** What to walk over: keys in [from, to) in byte order, or backwards; at most `limit` pairs. */
export interface RangeQuery {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** See the file comment. */
export interface OrderedDatabase {
  /** The value of `key`, undefined when there is none. */
  get(key: Buffer): Promise<Buffer | undefined>;
  /** All pairs of the range, in the order asked for. */
  range(query: RangeQuery): Promise<KeyValuePair[]>;
  /** Applies all changes or none; durable before it resolves when `sync`. A crash may lose the newest unsynced batches. */
  write(changes: readonly KeyValueChange[], options: { readonly sync: boolean }): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Opens or creates the database in a directory. Rejects with UNAVAILABLE when it is locked, damaged or unreadable. */
export type OpenDatabase = (directory: string) => Promise<OrderedDatabase>;
