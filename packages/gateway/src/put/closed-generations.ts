/**
 * Where an earlier try of a put may have stored its records if its stream was resharded since: the shards that closed in
 * the time for which leaders know append ids. Their logs have ended, so what their leaders say of an id is final.
 */
import type { ShardView, StreamView } from "../cluster/stream-view.ts";

/** Leaders of shards know ids for as long (see the storage node's recent appends); nothing older can be asked about. */
export const ASKED_AFTER_CLOSE_MS: number = 5 * 60_000;

/**
 * The shards of `stream` that closed lately, by `nowMs` of the monotonic clock, in generations: what one of them took from
 * a put decides what of it was left for its children, so parents come in an earlier generation.
 */
export function closedGenerations(stream: StreamView, nowMs: number): readonly (readonly ShardView[])[] {
  const askedAbout = (shard: ShardView): boolean => nowMs - shard.closedSeenMs < ASKED_AFTER_CLOSE_MS;
  if (nowMs - stream.lastClosedSeenMs >= ASKED_AFTER_CLOSE_MS) return [];
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
