/** Watches free disk space, so that a node stops taking appends before the disk is full. */
import type { Clock, TimerHandle } from "@millrace/base";
import type { Disk } from "./disk/disk.ts";

const POLL_MS = 500;
/** A write of this much since the last look asks for another at once. */
const LOOK_AFTER_BYTES = 64 * 1024 * 1024;
/** A small floor is looked at more often: several looks lie between the floor and the end of the disk. */
const LOOKS_PER_FLOOR = 8;
/** Space must come back to this multiple of the floor before appends are taken again: no flapping at the edge. */
const RECOVERY_FACTOR = 1.1;
/** Share of the floor kept for what must still be written: states, trim records, a checkpoint, the index. */
const EXHAUSTED_SHARE = 1 / 4;
/** Share of the floor without which a store is not even opened: opening writes, and must not end half way. */
const OPEN_SHARE = 1 / 16;

/** Bytes that must be free to open a store with this floor. */
export function bytesToOpen(floorBytes: number): number {
  return floorBytes * OPEN_SHARE;
}

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
  exhausted = false;

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
    const isBelow = (limitBytes: number, wasBelow: boolean): boolean =>
      freeBytes < (wasBelow ? limitBytes * RECOVERY_FACTOR : limitBytes);
    this.below = isBelow(floorBytes, this.below);
    this.exhausted = isBelow(floorBytes * EXHAUSTED_SHARE, this.exhausted);
    this.#looking = false;
    this.#timer?.cancel();
    if (!this.#closed) this.#timer = clock.schedule(POLL_MS, () => void this.look());
  }

  /** Called after every write. */
  wrote(sizeBytes: number): void {
    this.#writtenBytes += sizeBytes;
    const { floorBytes } = this.#options;
    const lookAfterBytes = floorBytes > 0 ? Math.min(LOOK_AFTER_BYTES, floorBytes / LOOKS_PER_FLOOR) : LOOK_AFTER_BYTES;
    if (this.#writtenBytes >= lookAfterBytes) void this.look();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
