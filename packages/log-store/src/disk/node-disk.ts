/** {@link Disk} on real files. */
import { fdatasync, read, writev } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { DIRECT_BYTES_MIN, DirectFile } from "./direct-file.ts";
import type { Disk, DiskFile } from "./disk.ts";

/** Linux refuses more buffers in one call (IOV_MAX in limits.h). */
const BUFFERS_PER_WRITE_MAX = 1024;
const openFlags = { create: "wx+", read: "r", write: "r+" } as const;

/** The files of this machine. */
export const nodeDisk: Disk = {
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true })),
  list: (path) => readdir(path),
  open: async (path, mode) => openedFile(await open(path, openFlags[mode]), new DirectFile(path, mode !== "read")),
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  syncDirectory: async (path) => {
    const handle = await open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  freeBytes: async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

function openedFile(handle: FileHandle, direct: DirectFile): DiskFile {
  // Plain descriptors with callbacks: measured lighter than FileHandle's promises on the append path.
  const descriptor = handle.fd;
  return {
    write: async (buffers, position, bulk = false) => {
      const readBlock = (target: Uint8Array, from: number): Promise<number> => readAll(descriptor, target, from);
      const written = bulk && (await direct.write(buffers, position, readBlock));
      if (written) return;
      direct.forgetEnd();
      await writeAll(descriptor, buffers, position);
    },
    sync: () =>
      new Promise((resolve, reject) => fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)))),
    read: async (target, position) => {
      const count = target.length < DIRECT_BYTES_MIN ? undefined : await direct.read(target, position);
      return count ?? readAll(descriptor, target, position);
    },
    sizeBytes: async () => (await handle.stat()).size,
    truncate: (sizeBytes) => {
      direct.forgetEnd();
      return handle.truncate(sizeBytes);
    },
    close: async () => {
      await direct.close();
      await handle.close();
    },
  };
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
