/** The only file that uses the `rocksdb` binding: its callbacks as promises, its errors as ServiceErrors. */
import { mkdir } from "node:fs/promises";
import { asBuffer, ServiceError } from "@millrace/base";
import type RocksDB from "rocksdb";
import type { KeyValueChange, KeyValuePair, OrderedDatabase, RangeQuery } from "../ordered-database.ts";
import { loadRocksDB } from "./load-rocksdb.ts";

/** Bytes fetched in one trip to the binding's thread; its default of 16 KiB makes scans crawl. */
const FETCH_BYTES = 262_144;

/** An open RocksDB database with binary keys. */
export class RocksDatabase implements OrderedDatabase {
  readonly #database: RocksDB;
  #closing: Promise<void> | undefined;

  private constructor(database: RocksDB) {
    this.#database = database;
  }

  /**
   * Opens or creates the database in `directory`. Rejects with UNAVAILABLE when it is locked, damaged or unreadable, with
   * USAGE when RocksDB cannot be loaded here.
   */
  static async open(directory: string): Promise<RocksDatabase> {
    const RocksDBClass = loadRocksDB();
    try {
      await mkdir(directory, { recursive: true });
      const database = new RocksDBClass(directory);
      await settle((done) => database.open({ createIfMissing: true }, done));
      return new RocksDatabase(database);
    } catch (error) {
      throw new ServiceError("UNAVAILABLE", `the database in ${directory} cannot be opened: ${String(error)}`, {
        cause: error,
      });
    }
  }

  /** The value of `key`, undefined when there is none. */
  get(key: Buffer): Promise<Buffer | undefined> {
    this.#requireOpen();
    return new Promise((resolve, reject) => {
      this.#database.get(key, { asBuffer: true }, (error, value) => {
        if (!error) resolve(value);
        else if (error.message.startsWith("NotFound")) resolve(undefined);
        else reject(failure(error));
      });
    });
  }

  /** All pairs of the range, in the order asked for. */
  async range(query: RangeQuery): Promise<KeyValuePair[]> {
    this.#requireOpen();
    const iterator = this.#database.iterator({
      gte: query.from,
      lt: query.to,
      reverse: query.reverse ?? false,
      limit: query.limit ?? -1,
      keyAsBuffer: true,
      valueAsBuffer: true,
      highWaterMark: FETCH_BYTES,
    });
    try {
      return await collect(iterator);
    } finally {
      await settle((done) => iterator.end(done));
    }
  }

  /** Applies all changes or none; durable before it resolves when `sync`. */
  write(changes: readonly KeyValueChange[], options: { readonly sync: boolean }): Promise<void> {
    this.#requireOpen();
    if (changes.length === 0) return Promise.resolve();
    const operations = changes.map(({ key, value }) =>
      value === undefined ? ({ type: "del", key } as const) : ({ type: "put", key, value: asBuffer(value) } as const),
    );
    return settle((done) => this.#database.batch(operations, options, done));
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= settle((done) => this.#database.close(done));
    return this.#closing;
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new ServiceError("UNAVAILABLE", "the database is closed");
  }
}

function collect(iterator: RocksDB.Iterator): Promise<KeyValuePair[]> {
  return new Promise((resolve, reject) => {
    const pairs: KeyValuePair[] = [];
    const step = (): void =>
      iterator.next((error, key, value) => {
        if (error) return reject(failure(error));
        if (key === undefined || value === undefined) return resolve(pairs);
        pairs.push({ key, value });
        step();
      });
    step();
  });
}

function settle(start: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(failure(error)) : resolve())));
}

function failure(error: Error): ServiceError {
  return new ServiceError("UNAVAILABLE", `the database failed: ${error.message}`, { cause: error });
}
