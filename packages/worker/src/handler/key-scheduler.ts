/**
 * Several batches of one shard at a time, without two of them ever holding the same key: records of a key are handled
 * one batch after the other, in order. Pure. With a parallelism of 1 the batches are the records in stream order.
 *
 * Cost: constant per record. A record whose key is busy is parked once, behind its key, and looked at again when the key is free.
 */
import { assert } from "@millrace/base";
import { Fifo } from "./fifo.ts";

/** How much runs at once. */
export interface KeySchedulerLimits {
  /** Batches that are out at the same time. */
  readonly parallelism: number;
  /** Records in a batch. */
  readonly batchMax: number;
}

/** A batch that is out; told back to {@link KeyScheduler.finish}. */
export interface ScheduledBatch<Item> {
  readonly items: readonly Item[];
  readonly keys: ReadonlySet<string>;
}

interface KeyState<Item> {
  busy: boolean;
  readonly parked: Fifo<Item>;
}

/** See the file comment. */
export class KeyScheduler<Item> {
  readonly #limits: KeySchedulerLimits;
  readonly #keyOf: (item: Item) => string;
  readonly #arrived = new Fifo<Item>();
  /** Keys that are busy or have parked records. Bounded by the records that wait or are out. */
  readonly #keys = new Map<string, KeyState<Item>>();
  /** Keys with parked records that became free, the longest free first. */
  readonly #freed = new Fifo<string>();
  #waiting = 0;
  #out = 0;

  constructor(limits: KeySchedulerLimits, keyOf: (item: Item) => string) {
    assert(limits.parallelism >= 1 && limits.batchMax >= 1, "at least one batch of one record");
    this.#limits = limits;
    this.#keyOf = keyOf;
  }

  /** Records that are not in a batch yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Batches that are out. */
  get out(): number {
    return this.#out;
  }

  /** The next record in stream order. */
  push(item: Item): void {
    this.#arrived.push(item);
    this.#waiting += 1;
  }

  /** A batch that may run now, or undefined: nothing waits, too many are out, or all keys that wait are busy. */
  take(): ScheduledBatch<Item> | undefined {
    if (this.#out >= this.#limits.parallelism || this.#waiting === 0) return undefined;
    // What waits is shared between the batches that may still begin, so that the first does not take all of it.
    const fairShare = Math.ceil(this.#waiting / (this.#limits.parallelism - this.#out));
    const countMax = Math.min(this.#limits.batchMax, fairShare);
    const items: Item[] = [];
    const keys = new Set<string>();
    this.#takeFreed(items, keys, countMax);
    this.#takeArrived(items, keys, countMax);
    if (items.length === 0) return undefined;
    this.#waiting -= items.length;
    this.#out += 1;
    return { items, keys };
  }

  /** The batch is done with. */
  finish(batch: ScheduledBatch<Item>): void {
    assert(this.#out > 0, "a batch was out");
    this.#out -= 1;
    for (const key of batch.keys) {
      const state = this.#keys.get(key);
      assert(state?.busy === true, "keys of a batch are busy until it is done");
      if (state.parked.count === 0) this.#keys.delete(key);
      else {
        state.busy = false;
        this.#freed.push(key);
      }
    }
  }

  #takeFreed(items: Item[], keys: Set<string>, countMax: number): void {
    while (items.length < countMax) {
      const key = this.#freed.shift();
      if (key === undefined) return;
      const state = this.#keys.get(key);
      assert(state?.busy === false, "a freed key is free");
      state.busy = true;
      keys.add(key);
      while (items.length < countMax) {
        const item = state.parked.shift();
        if (item === undefined) break;
        items.push(item);
      }
    }
  }

  #takeArrived(items: Item[], keys: Set<string>, countMax: number): void {
    if (this.#limits.parallelism === 1) {
      // Nothing else is out, so no key can be busy.
      for (let item = this.#arrived.shift(); item !== undefined; item = this.#arrived.shift()) {
        items.push(item);
        if (items.length === countMax) return;
      }
      return;
    }
    while (items.length < countMax) {
      const item = this.#arrived.shift();
      if (item === undefined) return;
      const key = this.#keyOf(item);
      const state = this.#keys.get(key);
      if (state === undefined) this.#keys.set(key, { busy: true, parked: new Fifo() });
      // Parked records of the key go first, even when this very batch holds some of them.
      else if (!keys.has(key) || state.parked.count > 0) {
        state.parked.push(item);
        continue;
      }
      keys.add(key);
      items.push(item);
    }
  }
}
