/** An ordered database in memory: a loss of power takes the newest batches that were not synced, never one from between. */
import type { KeyValueChange, OrderedDatabase } from "@millrace/log-store";
import type { Dice } from "./dice.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** Keys as text in which each character is one byte: its order is the order of bytes. */
type Key = string;

/** See the file comment. */
export class SimulatedDatabase {
  #keys: Key[] = [];
  #values = new Map<Key, Buffer>();
  /** Per unsynced batch, oldest first: what its keys held before. */
  #undo: (readonly (readonly [Key, Buffer | undefined])[])[] = [];

  losePower(dice: Dice): void {
    const kept = dice.below(this.#undo.length + 1);
    for (const batch of this.#undo.splice(kept).toReversed()) {
      for (const [key, value] of batch.toReversed()) this.#set(key, value);
    }
    this.#undo = [];
  }

  openedBy(process: SimulatedProcess): OrderedDatabase {
    const alive = <T>(work: () => T): Promise<T> =>
      process.alive ? Promise.resolve(work()) : new Promise(() => undefined);
    return {
      get: (key) => alive(() => this.#values.get(key.toString("latin1"))),
      range: ({ from, to, reverse = false, limit = -1 }) =>
        alive(() => {
          const start = this.#indexOf(from.toString("latin1"));
          const end = this.#indexOf(to.toString("latin1"));
          const found = this.#keys.slice(start, end);
          if (reverse) found.reverse();
          return found.slice(0, limit < 0 ? undefined : limit).map((key) => ({
            key: Buffer.from(key, "latin1"),
            value: this.#values.get(key) ?? Buffer.alloc(0),
          }));
        }),
      write: (changes, { sync }) => alive(() => this.#write(changes, sync)),
      close: () => Promise.resolve(),
    };
  }

  #write(changes: readonly KeyValueChange[], sync: boolean): void {
    const before: [Key, Buffer | undefined][] = [];
    for (const change of changes) {
      const key = change.key.toString("latin1");
      before.push([key, this.#values.get(key)]);
      this.#set(key, change.value === undefined ? undefined : Buffer.from(change.value));
    }
    this.#undo.push(before);
    if (sync) this.#undo = [];
  }

  #set(key: Key, value: Buffer | undefined): void {
    const at = this.#indexOf(key);
    const known = this.#keys[at] === key;
    if (value === undefined) {
      if (known) this.#keys.splice(at, 1);
      this.#values.delete(key);
    } else {
      if (!known) this.#keys.splice(at, 0, key);
      this.#values.set(key, value);
    }
  }

  /** Index of the first key that is not below `key`. */
  #indexOf(key: Key): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
