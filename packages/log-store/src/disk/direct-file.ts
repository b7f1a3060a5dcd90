/**
 * Large reads and writes of one file past the page cache (O_DIRECT): the disk takes the bytes from where they are. Each byte
 * is spared a copy into pages that must be found, filled and given back: when measured, a tenth of the CPU (docs/benchmarks.md).
 * Where a file system knows no direct access the answers say so and the caller goes the ordinary way.
 */
import { constants, read, write } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { BLOCK_BYTES, returnSlot, SLOT_BYTES, takeSlot } from "./aligned-slots.ts";

/** Smaller reads and writes cost more this way than through the page cache. */
export const DIRECT_BYTES_MIN: number = 64 * 1024;

/** See the file comment. */
export class DirectFile {
  readonly #path: string;
  readonly #writable: boolean;
  #handle: Promise<FileHandle | undefined> | undefined;
  #refused = false;
  /** Where the last write ended, and the bytes of its last block up to there: the next write begins with them. */
  #end = -1;
  #endBlock: Buffer = Buffer.alloc(0);

  constructor(path: string, writable: boolean) {
    this.#path = path;
    this.#writable = writable;
  }

  /**
   * Writes `buffers` from `position`; the rest of the last block becomes zeros. `readBlock` gives the bytes of the block in
   * which `position` lies that precede it. False: nothing was written, use the page cache.
   */
  async write(
    buffers: readonly Uint8Array[],
    position: number,
    readBlock: (target: Uint8Array, position: number) => Promise<number>,
  ): Promise<boolean> {
    const handle = await this.#opened();
    const slot = handle && takeSlot();
    if (handle === undefined || slot === undefined) return false;
    try {
      const before = position === this.#end ? this.#endBlock : Buffer.allocUnsafe(position % BLOCK_BYTES);
      if (position !== this.#end) await readBlock(before, position - before.length);
      let start = position - before.length;
      slot.set(before);
      let filled = before.length;
      for (const buffer of buffers) {
        for (let taken = 0; taken < buffer.length;) {
          const count = Math.min(buffer.length - taken, SLOT_BYTES - filled);
          slot.set(buffer.subarray(taken, taken + count), filled);
          taken += count;
          filled += count;
          if (filled < SLOT_BYTES) continue;
          if (!(await this.#writeBlocks(handle, slot, SLOT_BYTES, start, position))) return false;
          start += SLOT_BYTES;
          filled = 0;
        }
      }
      const blocks = Math.ceil(filled / BLOCK_BYTES) * BLOCK_BYTES;
      slot.fill(0, filled, blocks);
      if (!(await this.#writeBlocks(handle, slot, blocks, start, position))) return false;
      this.#end = start + filled;
      this.#endBlock = Buffer.from(slot.subarray(filled - (filled % BLOCK_BYTES), filled));
      return true;
    } finally {
      returnSlot(slot);
    }
  }

  /** Fills `target` from `position` and answers the bytes read, fewer only at the end; undefined: use the page cache. */
  async read(target: Uint8Array, position: number): Promise<number | undefined> {
    const handle = await this.#opened();
    const slot = handle && takeSlot();
    if (handle === undefined || slot === undefined) return undefined;
    try {
      let filled = 0;
      while (filled < target.length) {
        const skip = (position + filled) % BLOCK_BYTES;
        const wanted = Math.min(SLOT_BYTES, Math.ceil((skip + target.length - filled) / BLOCK_BYTES) * BLOCK_BYTES);
        const got = await readAt(handle.fd, slot, wanted, position + filled - skip);
        const usable = Math.min(got - skip, target.length - filled);
        if (usable <= 0) break;
        target.set(slot.subarray(skip, skip + usable), filled);
        filled += usable;
        if (got < wanted) break;
      }
      return filled;
    } catch (error) {
      if (!refusesDirectAccess(error)) throw error;
      this.#refused = true;
      return undefined;
    } finally {
      returnSlot(slot);
    }
  }

  /** The file was changed by other means. */
  forgetEnd(): void {
    this.#end = -1;
  }

  async close(): Promise<void> {
    const handle = await this.#handle;
    await handle?.close();
  }

  async #writeBlocks(handle: FileHandle, slot: Buffer, length: number, start: number, from: number): Promise<boolean> {
    try {
      for (let done = 0; done < length;) {
        // What a full disk took in part is written again from its last whole block.
        const count = await writeAt(handle.fd, slot, done, length - done, start + done);
        if (count < BLOCK_BYTES) throw Object.assign(new Error("the disk took no whole block"), { code: "ENOSPC" });
        done += count - (count % BLOCK_BYTES);
      }
      return true;
    } catch (error) {
      // Only before anything was written can the caller write it all in the other way.
      if (!refusesDirectAccess(error) || start > from) throw error;
      this.#refused = true;
      return false;
    }
  }

  #opened(): Promise<FileHandle | undefined> {
    if (this.#refused) return Promise.resolve(undefined);
    const flags = (this.#writable ? constants.O_RDWR : constants.O_RDONLY) | (constants.O_DIRECT ?? 0);
    this.#handle ??= constants.O_DIRECT === undefined ? Promise.resolve(undefined) : openOrNothing(this.#path, flags);
    return this.#handle;
  }
}

async function openOrNothing(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch {
    return undefined;
  }
}

function refusesDirectAccess(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EINVAL" || error.code === "ENOTSUP");
}

function writeAt(fd: number, bytes: Buffer, from: number, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    write(fd, bytes, from, length, position, (error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

function readAt(fd: number, target: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    read(fd, target, 0, length, position, (error, count) => (error === null ? resolve(count) : reject(error))),
  );
}
