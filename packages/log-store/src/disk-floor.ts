/** Watches free disk space, so that a node stops taking appends before the disk is full. */
import type { Clock, TimerHandle } from "@millrace/base";
import type { Disk } from "./disk/disk.ts";

const POLL_MS = 500;
/** A write of this much since the last look asks for another at once. */
const LOOK_AFTER_BYTES = 64 * 1024 * 1024;
/** Space must come back to this multiple of the floor before appends are taken again: no flapping at the edge. */
const RECOVERY_FACTOR = 1.1;

/** See the file comment. */
export class DiskFloor {
  readonly #options: {
    readonly disk: Disk;
    readonly clock: Clock;
    readonly directory: string;
    readonly floorBytes: number;
  };
  #timer: TimerHandle | undefined;
  #looking = false;
  #closed = false;
  #writtenBytes = 0;
  freeBytes = 0;
  below = false;

  constructor(options: { disk: Disk; clock: Clock; directory: string; floorBytes: number }) {
    this.#options = options;
  }

  /** Looks now; then again every half second. A disk that cannot be asked keeps its last answer. */
  async look(): Promise<void> {
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    const { disk, clock, directory, floorBytes } = this.#options;
    this.#writtenBytes = 0;
    const freeBytes = await disk.freeBytes(directory).catch(() => this.freeBytes);
    this.freeBytes = freeBytes;
    this.below = freeBytes < (this.below ? floorBytes * RECOVERY_FACTOR : floorBytes);
    this.#looking = false;
    this.#timer?.cancel();
    if (!this.#closed) this.#timer = clock.schedule(POLL_MS, () => void this.look());
  }

  /** Called after every write. */
  wrote(sizeBytes: number): void {
    this.#writtenBytes += sizeBytes;
    if (this.#writtenBytes >= LOOK_AFTER_BYTES) void this.look();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
