/**
 * Which position may be checkpointed when records finish out of order: the last one before the first that is unfinished.
 * Pure. Invariant: {@link ContiguousTracker.frontier} never goes back and never passes an unfinished record.
 */
import { assert } from "@millrace/base";

/** Room that finished entries may take at the front before the arrays are copied. */
const COMPACT_AT = 1_024;

/** See the file comment. Numbers given out by {@link add} are consecutive from 0. */
export class ContiguousTracker<Position> {
  #positions: (Position | undefined)[] = [];
  #finished: boolean[] = [];
  /** Number of the entry at index 0 of the arrays. */
  #base = 0;
  /** Index in the arrays of the first unfinished entry. */
  #head = 0;
  #frontier: Position | undefined;

  /** The next record in stream order. Answers its number, to be told to {@link finish}. */
  add(position: Position): number {
    this.#positions.push(position);
    this.#finished.push(false);
    return this.#base + this.#positions.length - 1;
  }

  /** The record is done with: handled, dead-lettered or dropped. Answers whether the frontier moved. */
  finish(number: number): boolean {
    const index = number - this.#base;
    assert(index >= this.#head && index < this.#positions.length, "an unfinished record is finished");
    assert(this.#finished[index] === false, "a record is finished once");
    this.#finished[index] = true;
    if (index !== this.#head) return false;
    while (this.#finished[this.#head] === true) {
      this.#frontier = this.#positions[this.#head];
      this.#positions[this.#head] = undefined;
      this.#head += 1;
    }
    this.#compact();
    return true;
  }

  /** The position up to which everything is finished; undefined while the first record is not. */
  get frontier(): Position | undefined {
    return this.#frontier;
  }

  /** Number of the first unfinished record (of the next to come, when all are finished). */
  get oldestUnfinished(): number {
    return this.#base + this.#head;
  }

  /** Records from the first unfinished one on, finished or not: what a crash now would deliver again. */
  get outstanding(): number {
    return this.#positions.length - this.#head;
  }

  #compact(): void {
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#positions.length) return;
    this.#positions = this.#positions.slice(this.#head);
    this.#finished = this.#finished.slice(this.#head);
    this.#base += this.#head;
    this.#head = 0;
  }
}
