/**
 * Aggregates that landed in a shard nobody knew of. Whether they are void depends on that shard's hash range, so they wait for the
 * next listings. If the shard is still unknown after some, they count as void: sent once too often is better than lost.
 */
import type { EntryOutcome } from "../transport/put-transport.ts";
import type { PackedEntry } from "./pack-entries.ts";
import type { ShardLane } from "./shard-lane.ts";
import type { ShardMap } from "./shard-map.ts";

const LISTINGS_MAX = 3;

/** An aggregate and where it landed. */
export interface Landed {
  readonly lane: ShardLane;
  readonly entry: PackedEntry;
  readonly outcome: Extract<EntryOutcome, { readonly sequenceNumber: string }>;
}

interface Undecided extends Landed {
  readonly listings: number;
}

/** See the file comment. Bounded by what the producer has under way. */
export class StrayJudge {
  #undecided: Undecided[] = [];

  /** What waits for a listing. */
  get undecided(): readonly Landed[] {
    return this.#undecided;
  }

  get waiting(): boolean {
    return this.#undecided.length > 0;
  }

  add(landed: Landed): void {
    this.#undecided.push({ ...landed, listings: 0 });
  }

  /** Decides what `map` can, and answers it. */
  judge(map: ShardMap): (Landed & { readonly verdict: "stored" | "stray" })[] {
    const decided: (Landed & { readonly verdict: "stored" | "stray" })[] = [];
    const undecided: Undecided[] = [];
    for (const { listings, ...landed } of this.#undecided) {
      const owned = map.owns(landed.outcome.shardId, landed.entry.records);
      if (owned === undefined && listings + 1 < LISTINGS_MAX) undecided.push({ ...landed, listings: listings + 1 });
      else decided.push({ ...landed, verdict: owned === true ? "stored" : "stray" });
    }
    this.#undecided = undecided;
    return decided;
  }

  /** Removes and returns everything undecided. */
  takeAll(): Landed[] {
    const taken = this.#undecided;
    this.#undecided = [];
    return taken;
  }
}
