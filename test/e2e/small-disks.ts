/** Small file systems for storage nodes, so that a test can fill a disk without filling the machine's. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const FILLER = "filler";
const PIECE_BYTES = 16 * 1024 * 1024;

/** Why this machine cannot mount a file system in memory; undefined when it can. */
export function whyNoSmallDisks(directory: string): string | undefined {
  const path = join(directory, "probe");
  mkdirSync(path, { recursive: true });
  const { status, stderr, error } = mount(path, 1);
  if (status !== 0) return error?.message ?? stderr.toString().trim();
  spawnSync("umount", ["--lazy", path]);
  return undefined;
}

function mount(path: string, mebibytes: number): ReturnType<typeof spawnSync> {
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", path]);
}

/** One mounted disk. */
export class SmallDisk {
  readonly path: string;

  constructor(path: string, mebibytes: number) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    const { status, stderr } = mount(path, mebibytes);
    if (status !== 0) throw new Error(`mount: ${String(stderr)}`);
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Takes space away until only this much is free. */
  leaveFree(bytes: number): void {
    this.empty();
    try {
      for (let left = this.freeBytes - bytes; left > 0; left -= PIECE_BYTES) {
        appendFileSync(join(this.path, FILLER), Buffer.alloc(Math.min(left, PIECE_BYTES)));
      }
    } catch (error) {
      // Others write to the disk meanwhile: then it is as full as it can be.
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }

  /** Gives back what {@link leaveFree} took. */
  empty(): void {
    rmSync(join(this.path, FILLER), { force: true });
  }

  /** Takes space away at once, without writing: as {@link leaveFree}, until {@link grow} gives it back. */
  shrink(bytesLeft: number): void {
    const { blocks, bfree, bsize } = statfsSync(this.path);
    spawnSync("mount", ["-o", `remount,size=${(blocks - bfree) * bsize + bytesLeft}`, this.path]);
  }

  grow(mebibytes: number): void {
    spawnSync("mount", ["-o", `remount,size=${mebibytes}m`, this.path]);
  }

  unmount(): void {
    spawnSync("umount", ["--lazy", this.path]);
  }
}
