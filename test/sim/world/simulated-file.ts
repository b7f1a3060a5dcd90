/** The bytes of one file, and which of the writes to them would survive a loss of power. */
import type { Dice } from "./dice.ts";

/** A disk keeps or loses whole sectors. */
const SECTOR_BYTES = 512;

interface Change {
  readonly position: number;
  readonly bytes: Buffer;
  /** What was there before, and how long the file was. */
  readonly before: Buffer;
  readonly sizeBefore: number;
  /** New size of a truncation; undefined for a write. */
  readonly truncatedTo: number | undefined;
  /** A sync failed over it: it is readable and no later sync makes it durable. */
  phantom: boolean;
}

/** See the file comment. */
export class SimulatedFile {
  #bytes: Buffer = Buffer.alloc(4096);
  #size = 0;
  #changes: Change[] = [];
  /** Where the newest bytes that are not padding lie. */
  #newest = { from: 0, to: 0 };
  /** Whether its name is durable in the directory. */
  nameIsDurable = false;

  get sizeBytes(): number {
    return this.#size;
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    const bytes = Buffer.concat(buffers);
    this.#record(position, bytes, undefined);
    this.#put(position, bytes);
    if (bytes.some((byte) => byte !== 0)) this.#newest = { from: position, to: position + bytes.length };
  }

  truncate(sizeBytes: number): void {
    this.#record(sizeBytes, Buffer.alloc(0), sizeBytes);
    this.#resize(sizeBytes);
  }

  read(target: Uint8Array, position: number): number {
    const end = Math.min(this.#size, position + target.length);
    if (end <= position) return 0;
    target.set(this.#bytes.subarray(position, end));
    return end - position;
  }

  /** Begins a sync; calling the answer ends it, with or without success. */
  beginSync(): (succeeded: boolean) => void {
    const covered = new Set(this.#changes);
    return (succeeded) => {
      if (succeeded) this.#changes = this.#changes.filter((change) => !covered.has(change) || change.phantom);
      else for (const change of covered) change.phantom = true;
    };
  }

  /** Power is lost: of what was not synced some writes are on the disk, some are not, some are torn. Answers how many. */
  losePower(dice: Dice): { readonly lost: number; readonly torn: number } {
    const changes = this.#changes;
    let lost = 0;
    let torn = 0;
    this.#changes = [];
    for (const change of changes.toReversed()) {
      this.#resize(Math.max(this.#size, change.position + change.before.length));
      this.#bytes.set(change.before, change.position);
      this.#resize(change.sizeBefore);
    }
    for (const change of changes) {
      if (change.phantom || dice.chance(0.5)) {
        lost += 1;
        continue;
      }
      if (change.truncatedTo !== undefined) this.#resize(change.truncatedTo);
      else if (dice.chance(0.3)) this.#put(change.position, change.bytes);
      else {
        const keptBytes = tornAt(change, dice);
        this.#put(change.position, change.bytes.subarray(0, keptBytes));
        if (keptBytes > 0) torn += 1;
        else lost += 1;
      }
    }
    return { lost, torn };
  }

  /** A bit turns, in what was written last or anywhere. Answers where, undefined in an empty file. */
  rot(dice: Dice, where: "new" | "anywhere"): number | undefined {
    const { from, to } = where === "new" ? this.#newest : { from: 0, to: this.#size };
    const position = from + dice.below(Math.min(to, this.#size) - from);
    if (position >= this.#size || position < from) return undefined;
    this.#bytes[position] = (this.#bytes[position] ?? 0) ^ (1 << dice.below(8));
    return position;
  }

  #record(position: number, bytes: Buffer, truncatedTo: number | undefined): void {
    const coveredTo = truncatedTo === undefined ? position + bytes.length : this.#size;
    const before = Buffer.from(this.#bytes.subarray(position, Math.max(position, Math.min(this.#size, coveredTo))));
    this.#changes.push({ position, bytes, before, sizeBefore: this.#size, truncatedTo, phantom: false });
  }

  #put(position: number, bytes: Buffer): void {
    this.#resize(Math.max(this.#size, position + bytes.length));
    this.#bytes.set(bytes, position);
  }

  #resize(sizeBytes: number): void {
    if (sizeBytes > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(sizeBytes, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#size);
      this.#bytes = grown;
    }
    if (sizeBytes < this.#size) this.#bytes.fill(0, sizeBytes, this.#size);
    this.#size = sizeBytes;
  }
}

/** How many bytes of a write came to the disk: up to a sector's border within it, if there is one. */
function tornAt({ position, bytes }: Change, dice: Dice): number {
  const first = Math.floor(position / SECTOR_BYTES);
  const borders = Math.floor((position + bytes.length - 1) / SECTOR_BYTES) - first;
  return borders <= 0 ? 0 : (first + 1 + dice.below(borders)) * SECTOR_BYTES - position;
}
