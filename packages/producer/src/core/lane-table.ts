/** The lanes of a stream's shards and which of them a record goes to: by one map at a time, or to a lane of its own before the first. */
import { assert, type Random } from "@millrace/base";
import type { PendingRecord } from "./pending-record.ts";
import type { ProducerSettings } from "./producer-settings.ts";
import { ShardLane } from "./shard-lane.ts";
import type { ShardMap } from "./shard-map.ts";

/** See the file comment. */
export class LaneTable {
  /** Where records wait while no map is known. */
  readonly unrouted: ShardLane;
  readonly #settings: ProducerSettings;
  readonly #random: Random;
  #map: ShardMap | undefined;
  #byShard = new Map<string, ShardLane>();

  constructor(settings: ProducerSettings, random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.unrouted = new ShardLane("", settings, random);
  }

  /** The map that records are routed by; undefined before the first. */
  get map(): ShardMap | undefined {
    return this.#map;
  }

  /** The lanes of the map's open shards. */
  get routed(): readonly ShardLane[] {
    return [...this.#byShard.values()];
  }

  /** Every lane. */
  get all(): readonly ShardLane[] {
    return [this.unrouted, ...this.#byShard.values()];
  }

  /** The lane that takes `record`. */
  laneOf(record: PendingRecord): ShardLane {
    const lane = this.#map === undefined ? this.unrouted : this.#byShard.get(this.#map.shardOf(record));
    assert(lane !== undefined, "a map covers all hash keys, and every shard of it has a lane");
    return lane;
  }

  /** Routes by `map` from now on: what waits moves to its new lanes, in the order of the puts. */
  moveTo(map: ShardMap): void {
    const records = this.all.flatMap((lane) => lane.queue.drain());
    this.#map = map;
    this.#byShard = new Map(
      map.openShards.map((shardId) => [
        shardId,
        this.#byShard.get(shardId) ?? new ShardLane(shardId, this.#settings, this.#random),
      ]),
    );
    for (const record of records.toSorted((a, b) => a.number - b.number)) this.laneOf(record).push(record);
  }

  /** What must be sent again goes back to the front of its lane, which may be another one by now. */
  putBack(records: readonly PendingRecord[]): void {
    const byLane = new Map<ShardLane, PendingRecord[]>();
    for (const record of records) {
      const lane = this.laneOf(record);
      const list = byLane.get(lane);
      if (list === undefined) byLane.set(lane, [record]);
      else list.push(record);
    }
    for (const [lane, list] of byLane) lane.pushFront(list);
  }
}
