/**
 * Hash key to shard for one stream: a binary search over the starts of the ranges, each as four 32-bit words, so that
 * placing a record allocates nothing.
 */

const WORDS = 4;
const HASH_KEY_BITS = 128n;

/** What the table needs of a shard. */
export interface RoutedShard {
  readonly startingHashKey: string;
}

/** See the file comment. The shards cover the whole key space; their ends are the next one's start. */
export class RoutingTable<S extends RoutedShard> {
  readonly shards: readonly S[];
  readonly #starts: Uint32Array;

  /** Sorts `shards` by their start. */
  constructor(shards: readonly S[]) {
    this.shards = shards.toSorted((a, b) => (BigInt(a.startingHashKey) < BigInt(b.startingHashKey) ? -1 : 1));
    this.#starts = new Uint32Array(this.shards.length * WORDS);
    this.shards.forEach((shard, index) => {
      this.#starts.set(hashKeyWords(BigInt(shard.startingHashKey)), index * WORDS);
    });
  }

  /** Position in `shards` of the one that holds the 16-byte big-endian key at `offset` of `key`; −1 without shards. */
  find(key: Buffer, offset = 0): number {
    const a = key.readUInt32BE(offset);
    const b = key.readUInt32BE(offset + 4);
    const c = key.readUInt32BE(offset + 8);
    const d = key.readUInt32BE(offset + 12);
    let low = 0;
    let high = this.shards.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startsAbove(middle, a, b, c, d)) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  #startsAbove(index: number, a: number, b: number, c: number, d: number): boolean {
    const starts = this.#starts;
    const at = index * WORDS;
    const first = starts[at] ?? 0;
    if (first !== a) return first > a;
    const second = starts[at + 1] ?? 0;
    if (second !== b) return second > b;
    const third = starts[at + 2] ?? 0;
    if (third !== c) return third > c;
    return (starts[at + 3] ?? 0) > d;
  }
}

/** The 16 big-endian bytes of a decimal hash key, or undefined when it is not below 2^128. */
export function hashKeyBytes(decimal: string): Buffer | undefined {
  const value = BigInt(decimal);
  if (value >> HASH_KEY_BITS !== 0n) return undefined;
  const bytes = Buffer.allocUnsafe(16);
  hashKeyWords(value).forEach((word, index) => bytes.writeUInt32BE(word, index * WORDS));
  return bytes;
}

function hashKeyWords(value: bigint): number[] {
  return [96n, 64n, 32n, 0n].map((shift) => Number((value >> shift) & 0xffff_ffffn));
}
