/**
 * Where an earlier try of a put may have stored its records if its stream was resharded since: the shards that closed in
 * the time for which leaders know append ids. Their logs have ended, so what their leaders say of an id is final.
 */
import { APPEND_ID_AGE_MS } from "@millrace/model";
import type { ShardView, StreamView } from "../cluster/stream-view.ts";

/**
 * Whether a shard of `stream` closed lately that can be asked, by `nowMs` of the monotonic clock. Where the service
 * distributes records none can: no hash key says which shard an earlier try chose.
 */
export function hasClosedLately(stream: StreamView, nowMs: number): boolean {
  return !stream.entry.autoDistribution && nowMs - stream.lastClosedSeenMs < APPEND_ID_AGE_MS;
}

/**
 * These shards in generations: what one of them took from a put decides what of it was left for its children, so parents
 * come in an earlier generation.
 */
export function closedGenerations(stream: StreamView, nowMs: number): readonly (readonly ShardView[])[] {
  if (!hasClosedLately(stream, nowMs)) return [];
  const askedAbout = (shard: ShardView): boolean => nowMs - shard.closedSeenMs < APPEND_ID_AGE_MS;
  const generationOf = new Map<number, number>();
  const generations: ShardView[][] = [];
  // Children get higher indices than their parents.
  const shards = [...stream.shards()].filter(askedAbout).toSorted((a, b) => a.entry.shardIndex - b.entry.shardIndex);
  for (const shard of shards) {
    const parents = shard.entry.parentShardUids.map((uid) => generationOf.get(uid) ?? -1);
    const generation = Math.max(-1, ...parents) + 1;
    generationOf.set(shard.shardUid, generation);
    (generations[generation] ??= []).push(shard);
  }
  return generations;
}
