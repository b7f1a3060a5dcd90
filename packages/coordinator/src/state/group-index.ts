/** Records grouped by a key, each group in order. Groups are replaced, not mutated, so that readers may keep them. */
export class GroupIndex<K, V> {
  readonly #compare: (a: V, b: V) => number;
  readonly #groups = new Map<K, readonly V[]>();

  constructor(compare: (a: V, b: V) => number) {
    this.#compare = compare;
  }

  /** The group in order; empty when there is none. */
  of(key: K): readonly V[] {
    return this.#groups.get(key) ?? [];
  }

  /** Adds `value`, which compares equal to no member of the group. */
  add(key: K, value: V): void {
    const group = [...this.of(key)];
    let position = group.length;
    while (position > 0 && this.#compare(group[position - 1] as V, value) > 0) position -= 1;
    group.splice(position, 0, value);
    this.#groups.set(key, group);
  }

  /** Removes exactly this object. */
  remove(key: K, value: V): void {
    const group = this.of(key).filter((member) => member !== value);
    if (group.length === 0) this.#groups.delete(key);
    else this.#groups.set(key, group);
  }
}
