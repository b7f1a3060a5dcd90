/** The part of the `rocksdb` binding (5.2.1, abstract-leveldown 7, callbacks) that Millrace uses. */
declare module "rocksdb" {
  type Callback = (error: Error | null | undefined) => void;

  interface Operation {
    readonly type: "put" | "del";
    readonly key: Buffer;
    readonly value?: Buffer;
  }

  interface IteratorOptions {
    readonly gte: Buffer;
    readonly lt: Buffer;
    readonly reverse?: boolean;
    /** -1 for all. */
    readonly limit?: number;
    readonly keyAsBuffer: true;
    readonly valueAsBuffer: true;
    /** Bytes the binding fetches ahead in one trip to its thread. */
    readonly highWaterMark?: number;
  }

  interface Iterator {
    next(callback: (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void): void;
    end(callback: Callback): void;
  }

  class RocksDB {
    constructor(location: string);
    open(options: { createIfMissing: boolean; cacheSize?: number; writeBufferSize?: number }, callback: Callback): void;
    close(callback: Callback): void;
    get(
      key: Buffer,
      options: { asBuffer: true },
      callback: (error: Error | null | undefined, value?: Buffer) => void,
    ): void;
    batch(operations: readonly Operation[], options: { sync: boolean }, callback: Callback): void;
    iterator(options: IteratorOptions): Iterator;
  }

  namespace RocksDB {
    export { type Iterator, type Operation };
  }
  export = RocksDB;
}
