/** {@link DiskFile} on a real file: three ways to the same bytes, chosen by what each read or write costs that way. */
import { constants, fdatasync, read, writev } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { DIRECT_BYTES_MIN, DirectFile } from "./direct-file.ts";
import type { DiskFile } from "./disk.ts";

/** Linux refuses more buffers in one call (IOV_MAX in limits.h). */
const BUFFERS_PER_WRITE_MAX = 1024;
/** Writes up to this size are made durable by the call that writes them (O_DSYNC): one turn of a worker thread, not two. */
const SYNCED_BYTES_MAX = 64 * 1024;

/** See the file comment. */
export class NodeFile implements DiskFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #direct: DirectFile;
  #synced: Promise<FileHandle> | undefined;
  /** Something was written that no sync has followed. */
  #dirty = false;

  constructor(handle: FileHandle, path: string, writable: boolean) {
    this.#handle = handle;
    this.#path = path;
    this.#direct = new DirectFile(path, writable);
  }

  async write(buffers: readonly Uint8Array[], position: number, bulk = false): Promise<void> {
    const readBlock = (target: Uint8Array, from: number): Promise<number> => readAll(this.#handle.fd, target, from);
    if (bulk) this.#dirty = true;
    if (bulk && (await this.#direct.write(buffers, position, readBlock))) return;
    this.#direct.forgetEnd();
    if (totalBytes(buffers) > SYNCED_BYTES_MAX) {
      this.#dirty = true;
      return writeAll(this.#handle.fd, buffers, position);
    }
    this.#synced ??= open(this.#path, constants.O_WRONLY | (constants.O_DSYNC ?? constants.O_SYNC));
    // One small copy is cheaper than handing over many pieces.
    await writeAll((await this.#synced).fd, [Buffer.concat(buffers)], position);
  }

  async sync(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    await new Promise<void>((resolve, reject) => {
      fdatasync(this.#handle.fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const count = target.length < DIRECT_BYTES_MIN ? undefined : await this.#direct.read(target, position);
    return count ?? readAll(this.#handle.fd, target, position);
  }

  async sizeBytes(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  truncate(sizeBytes: number): Promise<void> {
    this.#direct.forgetEnd();
    this.#dirty = true;
    return this.#handle.truncate(sizeBytes);
  }

  async close(): Promise<void> {
    await this.#direct.close();
    await (await this.#synced)?.close();
    await this.#handle.close();
  }
}

function totalBytes(buffers: readonly Uint8Array[]): number {
  let sizeBytes = 0;
  for (const buffer of buffers) sizeBytes += buffer.length;
  return sizeBytes;
}

async function writeAll(descriptor: number, buffers: readonly Uint8Array[], position: number): Promise<void> {
  let waiting = buffers.filter((buffer) => buffer.length > 0);
  while (waiting.length > 0) {
    const batch = waiting.slice(0, BUFFERS_PER_WRITE_MAX);
    const written = await writeOnce(descriptor, batch, position);
    position += written;
    waiting = withoutFirst(waiting, written);
  }
}

function writeOnce(descriptor: number, buffers: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    writev(descriptor, buffers, position, (error, written) => (error === null ? resolve(written) : reject(error))),
  );
}

/** What is left of `buffers` after their first `count` bytes: an operating system may write less than asked. */
function withoutFirst(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  let index = 0;
  for (;;) {
    const buffer = buffers[index];
    if (buffer === undefined) return [];
    if (count < buffer.length) return [buffer.subarray(count), ...buffers.slice(index + 1)];
    count -= buffer.length;
    index += 1;
  }
}

async function readAll(descriptor: number, target: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const count = await new Promise<number>((resolve, reject) =>
      read(descriptor, target, filled, target.length - filled, position + filled, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      ),
    );
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
