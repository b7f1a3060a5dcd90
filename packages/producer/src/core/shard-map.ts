/** The shards of a stream as one listing gave them: which takes a record, and what belongs to which. */
import { allOwned, HashRangeTable, userRecordHash, type UserRecord } from "@millrace/kinesis";
import { isExactHashCover } from "@millrace/model";
import type { ListedShard } from "../transport/put-transport.ts";

/** Immutable: a new listing makes a new map. */
export class ShardMap {
  readonly #open: readonly string[];
  readonly #table: HashRangeTable;
  readonly #ranges: ReadonlyMap<string, ListedShard>;

  private constructor(shards: readonly ListedShard[], open: readonly ListedShard[]) {
    this.#open = open.map(({ shardId }) => shardId);
    this.#table = new HashRangeTable(open);
    this.#ranges = new Map(shards.map((shard) => [shard.shardId, shard]));
  }

  /** The map of a listing, or undefined when its open shards leave a gap or overlap: a reshard is under way, list again. */
  static from(shards: readonly ListedShard[]): ShardMap | undefined {
    const open = shards.filter((shard) => shard.open);
    const ranges = open.map(({ startingHashKey, endingHashKey }) => ({
      start: BigInt(startingHashKey),
      end: BigInt(endingHashKey),
    }));
    return isExactHashCover(ranges) ? new ShardMap(shards, open) : undefined;
  }

  /** Ids of the shards that take records. */
  get openShards(): readonly string[] {
    return this.#open;
  }

  /** The shard that takes `record`. */
  shardOf(record: Pick<UserRecord, "partitionKey" | "explicitHashKey">): string {
    return this.#open[this.#table.indexOf(userRecordHash(record, words))] ?? "";
  }

  /** Whether all of `records` belong to a shard; undefined when the listing does not have it. */
  owns(shardId: string, records: readonly UserRecord[]): boolean | undefined {
    const range = this.#ranges.get(shardId);
    return range === undefined ? undefined : allOwned(records, new HashRangeTable([range]));
  }
}

/** Reused by every look-up: nothing keeps it. */
const words = new Uint32Array(4);
