/**
 * The seam to files: what the log store needs of an operating system and no more, so that a simulated disk can lose
 * unsynced bytes, tear writes and fail syncs. The real one is `node-disk.ts`. Every call may reject with the
 * operating system's error; an error with `code` "ENOENT" means that the path does not exist.
 */
export interface Disk {
  /** Creates a directory and its parents; an existing one is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory, in any order. */
  list(path: string): Promise<string[]>;
  /** `create` fails when the file exists, `read` and `write` (which also reads) when it does not. */
  open(path: string, mode: "create" | "read" | "write"): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory; a missing one is fine. */
  remove(path: string): Promise<void>;
  /** Makes created, renamed and removed names in the directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes a process may still write to the file system of `path`. */
  freeBytes(path: string): Promise<number>;
}

/** An open file. */
export interface DiskFile {
  /**
   * Writes all of `buffers` one after the other from `position`; not durable before {@link sync}. `bulk` says that they are
   * the end of the file, that nothing behind them is wanted, and that keeping them in the system's cache is not worth its
   * cost: zeros may follow them.
   */
  write(buffers: readonly Uint8Array[], position: number, bulk?: boolean): Promise<void>;
  /** Makes everything written before durable. After a rejection the file must not be trusted again. */
  sync(): Promise<void>;
  /** Fills `target` from `position`; answers the bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  sizeBytes(): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}
