/**
 * Records grouped by a key, each group in order. A group is put in order when it is asked for, not when it changes, so
 * that a change of thousands of records costs one sort. What was handed out is never mutated: readers may keep it.
 */
export class GroupIndex<K, V> {
  readonly #compare: (a: V, b: V) => number;
  readonly #groups = new Map<K, { readonly members: Set<V>; ordered: readonly V[] | undefined }>();

  constructor(compare: (a: V, b: V) => number) {
    this.#compare = compare;
  }

  /** The group in order; empty when there is none. */
  of(key: K): readonly V[] {
    const group = this.#groups.get(key);
    if (group === undefined) return [];
    group.ordered ??= [...group.members].sort(this.#compare);
    return group.ordered;
  }

  /** Adds `value`, which compares equal to no member of the group. */
  add(key: K, value: V): void {
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, { members: new Set([value]), ordered: undefined });
      return;
    }
    group.members.add(value);
    group.ordered = undefined;
  }

  /** Removes exactly this object. */
  remove(key: K, value: V): void {
    const group = this.#groups.get(key);
    if (group === undefined || !group.members.delete(value)) return;
    group.ordered = undefined;
    if (group.members.size === 0) this.#groups.delete(key);
  }
}
