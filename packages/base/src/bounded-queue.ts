/**
 * A first-in first-out queue with a limit by count and by bytes. Policy when full: `tryPush` answers false and
 * takes nothing; the caller answers its own caller with a retryable error.
 */
export interface BoundedQueueLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

/** See {@link BoundedQueueLimits} for the policy. Amortised O(1) push and drain. */
export class BoundedQueue<T> {
  readonly #limits: BoundedQueueLimits;
  #items: { item: T; sizeBytes: number }[] = [];
  #bytes = 0;

  constructor(limits: BoundedQueueLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds `item`, or answers false when that would pass a limit. An empty queue takes any single item. */
  tryPush(item: T, sizeBytes: number): boolean {
    if (this.#items.length > 0) {
      if (this.#items.length >= this.#limits.countMax) return false;
      if (this.#bytes + sizeBytes > this.#limits.bytesMax) return false;
    }
    this.#items.push({ item, sizeBytes });
    this.#bytes += sizeBytes;
    return true;
  }

  /** Removes and returns everything, oldest first. */
  drain(): T[] {
    const taken = this.#items.map((entry) => entry.item);
    this.#items = [];
    this.#bytes = 0;
    return taken;
  }
}
