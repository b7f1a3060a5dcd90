/**
 * A map for entries that come and go all the time, such as requests under way.
 *
 * JavaScript's own Map makes itself a new table whenever deleted entries have filled the old one, and the old table points
 * to the new one. A table that has grown old before the traffic began is only collected with the whole heap; until then
 * it keeps the next one alive, that the next, and so all entries that ever were in any of them. Seen in V8 11.3: everything
 * a put had touched lived until the next full collection. So this map starts a fresh Map now and then, to which nothing points.
 */

/** Deletions after which a fresh Map begins, at least; more when many entries would have to be moved. */
const DELETIONS_MIN = 1024;

/** See the file comment. Behaves like Map, as far as it goes; do not delete or add while iterating over `entries`. */
export class TransitMap<Key, Value> {
  #map = new Map<Key, Value>();
  #deletions = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  set(key: Key, value: Value): void {
    this.#map.set(key, value);
  }

  /** Whether it was there. */
  delete(key: Key): boolean {
    if (!this.#map.delete(key)) return false;
    this.#deletions += 1;
    if (this.#deletions >= DELETIONS_MIN && this.#deletions >= this.#map.size * 4) {
      this.#deletions = 0;
      this.#map = new Map(this.#map);
    }
    return true;
  }

  clear(): void {
    this.#map = new Map();
    this.#deletions = 0;
  }

  /** In the order in which their keys were first set. */
  entries(): [Key, Value][] {
    return [...this.#map];
  }
}
