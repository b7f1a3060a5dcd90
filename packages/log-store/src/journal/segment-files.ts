/** The segment files open for reading, a bounded number of them. */
import type { Disk, DiskFile } from "../disk/disk.ts";
import { segmentFileName } from "./segment-header.ts";

const OPEN_COUNT_MAX = 128;

interface OpenFile {
  readonly file: Promise<DiskFile>;
  users: number;
  evicted: boolean;
}

/** See the file comment. A file stays readable for those who use it, also when its segment is removed meanwhile. */
export class SegmentFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  /** In order of last use. */
  readonly #open = new Map<number, OpenFile>();

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Bytes [position, position + lengthBytes) of a segment; fewer when the file is shorter. Rejects with ENOENT when it is gone. */
  async read(segment: number, position: number, lengthBytes: number): Promise<Buffer> {
    const open = this.#use(segment);
    try {
      const file = await open.file;
      const target = Buffer.allocUnsafeSlow(lengthBytes);
      return target.subarray(0, await file.read(target, position));
    } finally {
      open.users -= 1;
      if (open.evicted) await this.#closeUnused(open);
    }
  }

  /** The segment will not be read any more. */
  async forget(segment: number): Promise<void> {
    const open = this.#open.get(segment);
    if (open === undefined) return;
    this.#open.delete(segment);
    open.evicted = true;
    await this.#closeUnused(open);
  }

  async close(): Promise<void> {
    for (const segment of this.#open.keys()) await this.forget(segment);
  }

  #use(segment: number): OpenFile {
    const known = this.#open.get(segment);
    const path = `${this.#directory}/${segmentFileName(segment)}`;
    const open = known ?? { file: this.#disk.open(path, "read"), users: 0, evicted: false };
    open.users += 1;
    this.#open.delete(segment);
    this.#open.set(segment, open);
    if (known === undefined) {
      open.file.catch(() => this.#open.delete(segment));
      const oldest = this.#open.size > OPEN_COUNT_MAX ? this.#open.keys().next().value : undefined;
      if (oldest !== undefined) void this.forget(oldest);
    }
    return open;
  }

  async #closeUnused(open: OpenFile): Promise<void> {
    if (open.users > 0) return;
    const file = await open.file.catch(() => undefined);
    await file?.close();
  }
}
