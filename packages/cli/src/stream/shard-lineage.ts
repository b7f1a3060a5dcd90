/** Which shards to read now: a child only when all its parents that are read have been read to their end. Pure. */
import type { Shard } from "./kinesis-client.ts";

/** A shard and the parents of it that lie within what is read. */
export interface LineageEntry {
  readonly shardId: string;
  readonly parents: readonly string[];
}

/** See the file comment. */
export class ShardLineage {
  readonly #entries = new Map<string, LineageEntry>();
  readonly #started = new Set<string>();
  readonly #ended = new Set<string>();

  /** Shards learned from ListShards or from a parent's last answer. Known ones are left as they are. */
  add(shards: readonly LineageEntry[]): void {
    for (const shard of shards) if (!this.#entries.has(shard.shardId)) this.#entries.set(shard.shardId, shard);
  }

  /** The shard was read to its end. */
  end(shardId: string): void {
    this.#ended.add(shardId);
  }

  /** Shards that may begin and have not been taken yet. A parent that is not known here does not hold its child up. */
  takeReady(): string[] {
    const ready = [...this.#entries.values()].filter(
      ({ shardId, parents }) =>
        !this.#started.has(shardId) && parents.every((parent) => !this.#entries.has(parent) || this.#ended.has(parent)),
    );
    for (const { shardId } of ready) this.#started.add(shardId);
    return ready.map(({ shardId }) => shardId);
  }
}

/** A listed shard as a lineage entry. */
export function lineageEntry(shard: Shard): LineageEntry {
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined);
  return { shardId: shard.ShardId ?? "", parents };
}
