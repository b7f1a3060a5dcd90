/** A first-in first-out list with constant-time `shift`. Unbounded by itself: its owner bounds what is put in. */
const COMPACT_AT = 1_024;

/** See the file comment. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get count(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest, or undefined when there is none. */
  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#items.length || (this.#head >= COMPACT_AT && this.#head * 2 > this.#items.length)) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
