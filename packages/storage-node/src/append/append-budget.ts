/** What appends of all shards may hold in memory until they are committed. Policy when full: refuse with OVERLOADED. */

/** Limits of {@link AppendBudget}. */
export interface AppendBudgetLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

/** See the file comment. */
export class AppendBudget {
  readonly #limits: AppendBudgetLimits;
  readonly #onRejected: () => void;
  #count = 0;
  #bytes = 0;

  constructor(limits: AppendBudgetLimits, onRejected: () => void) {
    this.#limits = limits;
    this.#onRejected = onRejected;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** An empty budget takes any single append. */
  tryTake(sizeBytes: number): boolean {
    const full = this.#count >= this.#limits.countMax || this.#bytes + sizeBytes > this.#limits.bytesMax;
    if (full && this.#count > 0) {
      this.#onRejected();
      return false;
    }
    this.#count += 1;
    this.#bytes += sizeBytes;
    return true;
  }

  release(sizeBytes: number): void {
    this.#count -= 1;
    this.#bytes -= sizeBytes;
  }
}
