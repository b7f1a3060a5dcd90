/** Chance from a seed. Every concern of a simulation rolls dice of its own, so that one more roll in one shifts no other. */
import type { Random } from "@millrace/base";
import { seededRandom } from "@millrace/testkit";

/** See the file comment. */
export class Dice {
  readonly random: Random;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.random = seededRandom(this.#seed);
  }

  /** Dice for another concern, the same for the same name. */
  forConcern(name: string): Dice {
    let mixed = this.#seed ^ 0x811c_9dc5;
    for (const letter of name) mixed = Math.imul(mixed ^ (letter.codePointAt(0) ?? 0), 0x0100_0193);
    return new Dice(mixed);
  }

  /** A float in [from, to). */
  between(from: number, to: number): number {
    return from + this.random.float() * (to - from);
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.random.float() * below);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.random.float() < probability;
  }

  /** One of `items`; undefined when there is none. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}
