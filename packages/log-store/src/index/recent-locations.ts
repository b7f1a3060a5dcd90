/**
 * The locations of one shard's frames that the database does not hold yet, in offset order, and what of the database
 * is no longer true: everything at or beyond {@link RecentLocations.validBelow}.
 */
import { endOffsetOf, type FrameLocation } from "./index-keys.ts";

/** What one flush carries to the database for this shard. */
export interface RecentSnapshot {
  readonly cut: number;
  readonly locations: readonly FrameLocation[];
}

/** See the file comment. */
export class RecentLocations {
  #locations: FrameLocation[] = [];
  /** Cut since the last snapshot, and cut that the running flush deletes; Infinity: none. */
  #cut = Infinity;
  #flushingCut = Infinity;

  get count(): number {
    return this.#locations.length;
  }

  get empty(): boolean {
    return this.#locations.length === 0 && this.validBelow === Infinity;
  }

  /** Locations in the database that begin at or beyond this offset are stale. */
  get validBelow(): number {
    return Math.min(this.#cut, this.#flushingCut);
  }

  put(location: FrameLocation): void {
    const last = this.#locations.at(-1);
    if (last === undefined || last.baseOffset < location.baseOffset) {
      this.#locations.push(location);
      return;
    }
    const index = this.#indexAtOrBelow(location.baseOffset);
    const replaces = index >= 0 && this.#locations[index]?.baseOffset === location.baseOffset;
    this.#locations.splice(replaces ? index : index + 1, replaces ? 1 : 0, location);
  }

  cut(offset: number): void {
    this.#cut = Math.min(this.#cut, offset);
    const index = this.#indexAtOrBelow(offset - 1);
    this.#locations.length = index + 1;
  }

  /** Forgets frames that end at or below `logStart`. */
  trim(logStart: number): void {
    const kept = this.#locations.findIndex((location) => endOffsetOf(location) > logStart);
    this.#locations.splice(0, kept < 0 ? this.#locations.length : kept);
  }

  /** The frame that begins at or last before `offset`. */
  atOrBelow(offset: number): FrameLocation | undefined {
    return this.#locations[this.#indexAtOrBelow(offset)];
  }

  /** The frames that begin in [from, to). */
  between(from: number, to: number): FrameLocation[] {
    return this.#locations.slice(this.#indexAtOrBelow(from - 1) + 1, this.#indexAtOrBelow(to - 1) + 1);
  }

  beginFlush(): RecentSnapshot {
    this.#flushingCut = this.#cut;
    this.#cut = Infinity;
    return { cut: this.#flushingCut, locations: this.#locations.slice() };
  }

  endFlush(snapshot: RecentSnapshot): void {
    this.#flushingCut = Infinity;
    const flushed = new Set(snapshot.locations);
    this.#locations = this.#locations.filter((location) => !flushed.has(location));
  }

  #indexAtOrBelow(offset: number): number {
    let low = 0;
    let high = this.#locations.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#locations[middle]?.baseOffset ?? Infinity) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
