/** A stream as the lease tests need it: shards that take records by key, split and merge, and are listed. */
import type { LeasedShard, ListedShard, RecordPosition } from "@millrace/worker";

const HASH_KEY_COUNT = 1n << 128n;
const KEYS = 4_000;

/** The n-th record of a key. */
export interface LoggedRecord {
  readonly key: number;
  readonly n: number;
}

/** One shard with all it ever took. */
export interface LogShard {
  readonly index: number;
  readonly shardId: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly parents: readonly string[];
  readonly records: LoggedRecord[];
  children: readonly LogShard[];
  closed: boolean;
}

/** See the file comment. */
export class ShardedLog {
  readonly shards: Map<string, LogShard> = new Map();
  readonly #open = new Set<LogShard>();
  readonly #random: () => number;
  readonly #counts = new Map<number, number>();
  /** Records put. */
  total = 0;

  constructor(shardCount: number, random: () => number) {
    this.#random = random;
    const width = HASH_KEY_COUNT / BigInt(shardCount);
    for (let index = 0; index < shardCount; index += 1) {
      const start = width * BigInt(index);
      this.#add(start, index === shardCount - 1 ? HASH_KEY_COUNT - 1n : start + width - 1n, []);
    }
  }

  get openShards(): readonly LogShard[] {
    return [...this.#open];
  }

  /** Puts the next record of `count` keys drawn at random. */
  put(count: number): void {
    const byStart = [...this.#open].toSorted((a, b) => (a.start < b.start ? -1 : 1));
    for (let each = 0; each < count; each += 1) {
      const key = Math.floor(this.#random() * KEYS);
      const hash = (HASH_KEY_COUNT / BigInt(KEYS)) * BigInt(key);
      const shard = byStart.findLast(({ start }) => start <= hash);
      const n = (this.#counts.get(key) ?? 0) + 1;
      this.#counts.set(key, n);
      shard?.records.push({ key, n });
      this.total += 1;
    }
  }

  split(shard: LogShard): void {
    const middle = shard.start + (shard.end - shard.start + 1n) / 2n;
    const parents = [shard.shardId];
    this.#close([shard], [this.#add(shard.start, middle - 1n, parents), this.#add(middle, shard.end, parents)]);
  }

  merge(lower: LogShard, upper: LogShard): void {
    this.#close([lower, upper], [this.#add(lower.start, upper.end, [lower.shardId, upper.shardId])]);
  }

  /** The open shard right above `lower`. */
  neighbour(lower: LogShard): LogShard | undefined {
    return [...this.#open].find(({ start }) => start === lower.end + 1n);
  }

  list(stream: string): ListedShard[] {
    return [...this.shards.values()].map((shard) => ({ ...leasedShard(stream, shard), closed: shard.closed }));
  }

  #add(start: bigint, end: bigint, parents: readonly string[]): LogShard {
    const index = this.shards.size;
    const shardId = `shardId-${String(index).padStart(12, "0")}`;
    const shard: LogShard = { index, shardId, start, end, parents, records: [], children: [], closed: false };
    this.shards.set(shardId, shard);
    this.#open.add(shard);
    return shard;
  }

  #close(parents: readonly LogShard[], children: readonly LogShard[]): void {
    for (const parent of parents) {
      parent.closed = true;
      parent.children = children;
      this.#open.delete(parent);
    }
  }
}

/** `shard` as a lease names it. */
export function leasedShard(
  stream: string,
  { shardId, parents, start, end }: LogShard,
): LeasedShard & Pick<ListedShard, "hashRange"> {
  return { stream, shardId, parents, hashRange: { start: String(start), end: String(end) } };
}

/** The position of a shard's record at `at`; grows with it, also past a power of ten. */
export function positionAt(shard: LogShard, at: number): RecordPosition {
  return { sequenceNumber: String(BigInt(shard.index + 1) * 10n ** 40n + BigInt(at)), subSequenceNumber: 0 };
}

/** The index of the first record after `position`. */
export function indexAfter(shard: LogShard, { sequenceNumber }: RecordPosition): number {
  return Number(BigInt(sequenceNumber) - BigInt(shard.index + 1) * 10n ** 40n) + 1;
}
