/** {@link Disk} on real files. */
import { mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import type { Disk } from "./disk.ts";
import { NodeFile } from "./node-file.ts";

const openFlags = { create: "wx+", read: "r", write: "r+" } as const;

/** The files of this machine. */
export const nodeDisk: Disk = {
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true })),
  list: (path) => readdir(path),
  open: async (path, mode) => new NodeFile(await open(path, openFlags[mode]), path, mode !== "read"),
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
