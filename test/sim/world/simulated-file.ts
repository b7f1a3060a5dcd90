/** The bytes of one file, and which of the writes to them would survive a loss of power. */
import type { Dice } from "./dice.ts";

/** A disk keeps or loses whole sectors. */
const SECTOR_BYTES = 512;

/** A write, or a truncation (then `bytes` is empty). */
interface Change {
  readonly position: number;
  readonly bytes: Buffer;
  /** New size of a truncation; undefined for a write. */
  readonly truncatedTo: number | undefined;
}

/** See the file comment. */
export class SimulatedFile {
  /** What is read. */
  readonly #cached: Contents = new Contents();
  /** What is on the disk for certain. */
  readonly #durable: Contents = new Contents();
  /** Readable, and not known to be on the disk. */
  #changes: Change[] = [];
  /** Where the newest bytes that are not padding lie. */
  #newest = { from: 0, to: 0 };
  /** Whether its name is durable in the directory. */
  nameIsDurable = false;

  get sizeBytes(): number {
    return this.#cached.sizeBytes;
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    const bytes = Buffer.concat(buffers);
    this.#change({ position, bytes, truncatedTo: undefined });
    if (bytes.some((byte) => byte !== 0)) this.#newest = { from: position, to: position + bytes.length };
  }

  truncate(sizeBytes: number): void {
    this.#change({ position: sizeBytes, bytes: Buffer.alloc(0), truncatedTo: sizeBytes });
  }

  read(target: Uint8Array, position: number): number {
    return this.#cached.read(target, position);
  }

  /**
   * Begins a sync; calling the answer ends it, with or without success. What a sync failed over stays readable and is never
   * made durable by a later one: only writing it again does that.
   */
  beginSync(): (succeeded: boolean) => void {
    const covered = new Set(this.#changes);
    return (succeeded) => {
      const left: Change[] = [];
      for (const change of this.#changes) {
        if (!covered.has(change)) left.push(change);
        else if (succeeded) apply(this.#durable, change);
      }
      this.#changes = left;
    };
  }

  /** Power is lost: of what was not synced some writes are on the disk, some are not, some are torn. Answers how many. */
  losePower(dice: Dice): { readonly lost: number; readonly torn: number } {
    const changes = this.#changes;
    let lost = 0;
    let torn = 0;
    this.#changes = [];
    for (const change of changes) {
      if (dice.chance(0.5)) lost += 1;
      else if (change.truncatedTo !== undefined || dice.chance(0.3)) apply(this.#durable, change);
      else {
        const keptBytes = tornAt(change, dice);
        this.#durable.write(change.position, change.bytes.subarray(0, keptBytes));
        if (keptBytes > 0) torn += 1;
        else lost += 1;
      }
    }
    this.#cached.become(this.#durable);
    return { lost, torn };
  }

  /** A bit turns, in what was written last or anywhere. Answers where, undefined in an empty file. */
  rot(dice: Dice, where: "new" | "anywhere"): number | undefined {
    const { from, to } = where === "new" ? this.#newest : { from: 0, to: this.sizeBytes };
    const position = from + dice.below(Math.min(to, this.sizeBytes) - from);
    if (position >= this.sizeBytes || position < from) return undefined;
    const bit = dice.below(8);
    for (const contents of [this.#cached, this.#durable]) contents.turnBit(position, bit);
    return position;
  }

  /** Turns all bits back that turned in bytes which were not written again since. Answers whether there were any. */
  mend(): boolean {
    return [this.#cached, this.#durable].filter((contents) => contents.mend()).length > 0;
  }

  get isRotten(): boolean {
    return this.#cached.isRotten || this.#durable.isRotten;
  }

  #change(change: Change): void {
    this.#changes.push(change);
    apply(this.#cached, change);
  }
}

/** Bytes that grow and shrink as those of a file; what lies between its old end and a write is zero. */
class Contents {
  #bytes: Buffer = Buffer.alloc(4096);
  #size = 0;
  /** Bits that have turned. */
  #turned: { readonly position: number; readonly bit: number }[] = [];

  get sizeBytes(): number {
    return this.#size;
  }

  write(position: number, bytes: Uint8Array): void {
    this.#forget(position, position + bytes.length);
    this.resize(Math.max(this.#size, position + bytes.length));
    this.#bytes.set(bytes, position);
  }

  resize(sizeBytes: number): void {
    if (sizeBytes > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(sizeBytes, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#size);
      this.#bytes = grown;
    }
    if (sizeBytes < this.#size) {
      this.#forget(sizeBytes, this.#size);
      this.#bytes.fill(0, sizeBytes, this.#size);
    }
    this.#size = sizeBytes;
  }

  read(target: Uint8Array, position: number): number {
    const end = Math.min(this.#size, position + target.length);
    if (end <= position) return 0;
    target.set(this.#bytes.subarray(position, end));
    return end - position;
  }

  turnBit(position: number, bit: number): void {
    if (position >= this.#size) return;
    this.#turned.push({ position, bit });
    this.#flip(position, bit);
  }

  mend(): boolean {
    const turned = this.#turned;
    this.#turned = [];
    for (const { position, bit } of turned) this.#flip(position, bit);
    return turned.length > 0;
  }

  get isRotten(): boolean {
    return this.#turned.length > 0;
  }

  become(other: Contents): void {
    this.resize(0);
    this.write(0, other.#bytes.subarray(0, other.#size));
    this.#turned = [...other.#turned];
  }

  #flip(position: number, bit: number): void {
    this.#bytes[position] = (this.#bytes[position] ?? 0) ^ (1 << bit);
  }

  /** Bytes [from, to) are written. */
  #forget(from: number, to: number): void {
    if (this.#turned.length > 0) this.#turned = this.#turned.filter(({ position: at }) => at < from || at >= to);
  }
}

function apply(contents: Contents, { position, bytes, truncatedTo }: Change): void {
  if (truncatedTo === undefined) contents.write(position, bytes);
  else contents.resize(truncatedTo);
}

/** How many bytes of a write came to the disk: up to a sector's border within it, if there is one. */
function tornAt({ position, bytes }: Change, dice: Dice): number {
  const first = Math.floor(position / SECTOR_BYTES);
  const borders = Math.floor((position + bytes.length - 1) / SECTOR_BYTES) - first;
  return borders <= 0 ? 0 : (first + 1 + dice.below(borders)) * SECTOR_BYTES - position;
}
