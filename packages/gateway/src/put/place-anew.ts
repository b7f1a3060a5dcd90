/**
 * Places records of a put whose shards were found closed, or may hold them from an earlier try. The leader of a closed shard
 * knows what it stored and stores nothing more, so "closed" says for certain that records are not there. Lately closed shards
 * are asked for what would have been theirs, parents first; what none of them has goes to the shards of now. So every try
 * of a put, through whatever gateway and however much was resharded in between, gives a shard the same records under the
 * same id, or finds them where they are.
 */
import { HashRangeTable, type HashKeyWords } from "@millrace/kinesis";
import type { ClusterMap } from "../cluster/cluster-map.ts";
import type { ShardView, StreamView } from "../cluster/stream-view.ts";
import { closedGenerations } from "./closed-generations.ts";
import type { LooseRecord } from "./loose-record.ts";

/** What of a put is not placed yet. */
export interface Displaced {
  /** Taken away when sent; records whose shard turns out to be closed come back. */
  records: LooseRecord[];
  /** Shards that were found closed. */
  readonly closedUids: Set<number>;
}

/** The put as far as this concerns it. */
export interface PutInPieces {
  readonly map: ClusterMap;
  readonly streamUid: number;
  /** Time until it must have an outcome. */
  leftMs(): number;
  monotonicMs(): number;
  /** Whether some record of it has failed. */
  hasFailed(): boolean;
  /** Sends each shard its records; resolves when each has its outcome or is displaced again. */
  send(placed: ReadonlyMap<ShardView, readonly LooseRecord[]>): Promise<void>;
}

/**
 * Resolves with the records that could not be placed. They were not stored by this put. Beside a record that failed nothing
 * is placed: of this try a shard would get other records than of the next.
 */
export async function placeAnew(put: PutInPieces, displaced: Displaced): Promise<readonly LooseRecord[]> {
  while (displaced.records.length > 0 && !put.hasFailed()) {
    const stream = await reshardedStream(put, displaced);
    if (stream === undefined) break;
    const { routing } = stream;
    for (const shards of closedGenerations(stream, put.monotonicMs())) {
      const tables = shards.map(({ entry }) => new HashRangeTable([entry]));
      const place = (key: HashKeyWords): number => tables.findIndex((table) => table.indexOf(key) === 0);
      await sendDisplaced(put, displaced, shards, place);
    }
    if (put.hasFailed()) break;
    await sendDisplaced(put, displaced, routing.shards, (key) => routing.table.indexOf(key));
  }
  return displaced.records;
}

/** The stream once it routes every displaced record, to no shard that was found closed; undefined when that never came. */
async function reshardedStream(put: PutInPieces, { records, closedUids }: Displaced): Promise<StreamView | undefined> {
  // A snapshot of the map replaces the stream this put began with.
  const now = (): StreamView | undefined => put.map.streamOfUid(put.streamUid);
  const isGone = (): boolean => (now()?.routing.shards.length ?? 0) === 0;
  const routesAll = (): boolean => {
    const routing = now()?.routing;
    return records.every(({ hashKey }) => {
      const shard = routing?.shards[routing.table.indexOf(hashKey)];
      return shard !== undefined && !closedUids.has(shard.shardUid);
    });
  };
  const leftMs = put.leftMs();
  if (leftMs <= 0 || !(await put.map.waitFor(leftMs, () => isGone() || routesAll()))) return undefined;
  return isGone() ? undefined : now();
}

/** Sends each of `shards` what `place` gives it, by position; the others stay displaced. */
async function sendDisplaced(
  put: PutInPieces,
  displaced: Displaced,
  shards: readonly ShardView[],
  place: (key: HashKeyWords) => number,
): Promise<void> {
  const placed = new Map<ShardView, LooseRecord[]>();
  const others: LooseRecord[] = [];
  for (const record of displaced.records) {
    const shard = shards[place(record.hashKey)];
    const records = shard === undefined ? others : (placed.get(shard) ?? []);
    if (shard !== undefined) placed.set(shard, records);
    records.push(record);
  }
  if (placed.size === 0) return;
  displaced.records = others;
  await put.send(placed);
}
