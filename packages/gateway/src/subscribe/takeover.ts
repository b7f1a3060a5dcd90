/**
 * One subscription per consumer and shard: within 5 s of the last one's start a new one is refused, later it takes the
 * old one's place. Exact for one gateway; subscriptions through another gateway are not seen.
 */

/** How long a subscription is protected from the next (AWS API reference of SubscribeToShard). */
export const PROTECTED_MS = 5_000;

/** What can lose its place. */
export interface Replaceable {
  takenOver(): void;
}

interface Slot<S extends Replaceable> {
  readonly startedMs: number;
  /** Undefined while it is being set up, and after its end. */
  holder: S | undefined;
  ended: boolean;
}

/** A place that was won. `take` when the subscription runs, `free` when it has ended or never began. */
export interface Place<S extends Replaceable> {
  take(holder: S): void;
  free(outcome: "ended" | "failed"): void;
}

/** See the file comment. Bounded by the subscriptions that run, and those that ended within the last 5 s. */
export class TakeoverTable<S extends Replaceable> {
  readonly #slots = new Map<string, Slot<S>>();
  readonly #protectsEnded: boolean;

  /** With `protectsEnded` an ended subscription still keeps newcomers out for the rest of its 5 s, as AWS does. */
  constructor(protectsEnded: boolean) {
    this.#protectsEnded = protectsEnded;
  }

  get count(): number {
    return this.#slots.size;
  }

  /** The place under `key`, or undefined while the one before is protected. */
  claim(key: string, nowMs: number): Place<S> | undefined {
    const before = this.#slots.get(key);
    if (before !== undefined && nowMs - before.startedMs < PROTECTED_MS) return undefined;
    const slot: Slot<S> = { startedMs: nowMs, holder: undefined, ended: false };
    this.#slots.set(key, slot);
    before?.holder?.takenOver();
    return {
      take: (holder) => {
        slot.holder = holder;
        // Lost while it was being set up.
        if (this.#slots.get(key) !== slot) holder.takenOver();
      },
      free: (outcome) => {
        slot.holder = undefined;
        slot.ended = true;
        const keeps = outcome === "ended" && this.#protectsEnded;
        if (!keeps && this.#slots.get(key) === slot) this.#slots.delete(key);
      },
    };
  }

  /** Forgets ended subscriptions that protect nothing any more. */
  sweep(nowMs: number): void {
    for (const [key, slot] of this.#slots) {
      if (slot.ended && nowMs - slot.startedMs >= PROTECTED_MS) this.#slots.delete(key);
    }
  }
}
