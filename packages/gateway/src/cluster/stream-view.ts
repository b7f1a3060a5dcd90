/** A stream and its shards as the gateway uses them: what the cluster map says, with what every request would recompute. */
import { HashRangeTable } from "@millrace/kinesis";
import { formatShardId, type ShardEntry, type ShardSequenceBase, type StreamEntry } from "@millrace/model";

/** A shard. `leader` starts as the map's and follows hints of the nodes until the map says something newer. */
export interface ShardView {
  readonly entry: ShardEntry;
  readonly shardUid: number;
  readonly shardId: string;
  readonly sequence: ShardSequenceBase;
  /** Monotonic time at which this gateway learnt that it is closed; -Infinity while it is not. */
  readonly closedSeenMs: number;
  leader: string;
}

/** The shards that take records, and where in them a hash key belongs. */
export interface ShardRouting {
  readonly shards: readonly ShardView[];
  /** Answers positions in `shards`. */
  readonly table: HashRangeTable;
}

/** A stream. Owned by the map; replaced as a whole shard by shard, so holders look it up again after waiting. */
export class StreamView {
  entry: StreamEntry;
  readonly #shards = new Map<number, ShardView>();
  #routing: ShardRouting | undefined;
  /** The newest `closedSeenMs` of its shards. */
  lastClosedSeenMs: number = -Infinity;

  constructor(entry: StreamEntry) {
    this.entry = entry;
  }

  /** Shards that take records: open ones, and closing ones until their children are there. */
  get routing(): ShardRouting {
    if (this.#routing === undefined) {
      const entries = [...this.#shards.values()].filter(({ entry }) => isWritable(entry));
      this.#routing = { shards: entries, table: new HashRangeTable(entries.map(({ entry }) => entry)) };
    }
    return this.#routing;
  }

  /** The shard with this index, or undefined. */
  shard(shardIndex: number): ShardView | undefined {
    return this.#shards.get(shardIndex);
  }

  /** The shards that came out of `parent`, by index. */
  childrenOf(parent: ShardView): ShardView[] {
    return [...this.#shards.values()]
      .filter(({ entry }) => entry.parentShardUids.includes(parent.shardUid) && entry.state !== "creating")
      .toSorted((a, b) => a.entry.shardIndex - b.entry.shardIndex);
  }

  /** All shards that have data, in no order. */
  shards(): Iterable<ShardView> {
    return this.#shards.values();
  }

  /** Takes what the map says of a shard at monotonic time `nowMs`. */
  put(entry: ShardEntry, nowMs: number): ShardView {
    const known = this.#shards.get(entry.shardIndex)?.closedSeenMs ?? -Infinity;
    const closedSeenMs = entry.state === "closed" && known === -Infinity ? nowMs : known;
    this.lastClosedSeenMs = Math.max(this.lastClosedSeenMs, closedSeenMs);
    const view: ShardView = {
      entry,
      shardUid: entry.shardUid,
      shardId: formatShardId(entry.shardIndex),
      sequence: { shardCreatedSeconds: entry.createdSeconds, shardIndex: entry.shardIndex },
      closedSeenMs,
      leader: entry.leader,
    };
    this.#shards.set(entry.shardIndex, view);
    this.#routing = undefined;
    return view;
  }

  remove(shardIndex: number): void {
    this.#shards.delete(shardIndex);
    this.#routing = undefined;
  }
}

function isWritable(entry: ShardEntry): boolean {
  return entry.state === "open" || entry.state === "closing";
}
