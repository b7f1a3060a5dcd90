/**
 * Shards that lost their leader and wait for their turn: when a node or all of them go, thousands lose theirs in one instant, and
 * so many new epochs at once would make every one of them late. Shards that cannot be helped now (their members are away) hold
 * up nobody: a place is held for a short time only.
 *
 * Limit: one entry for each shard there is.
 */
import type { EpochEvent } from "../epoch/epoch-step.ts";

/** Attempts that begin together share commits and calls; of more than this each takes noticeably longer. */
const PLACES_MAX = 1_000;
/** An attempt that is not over by then does not wait for us but for a node. */
const PLACE_MS = 1_000;

/** See the file comment. */
export class RecoveryQueue {
  readonly #waiting = new Map<number, EpochEvent>();
  /** Until when each place is held, oldest first. */
  readonly #places = new Map<number, number>();

  /** Shards that wait. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  isWaiting(shardUid: number): boolean {
    return this.#waiting.has(shardUid);
  }

  /** Whether the shard may begin now; else it waits with `event`, which replaces what it waited with. */
  enter(shardUid: number, event: EpochEvent, nowMs: number): boolean {
    if (this.#waiting.size === 0 && this.#takePlace(shardUid, nowMs)) return true;
    this.#waiting.set(shardUid, event);
    return false;
  }

  /** The shard's attempt is over. */
  release(shardUid: number): void {
    this.#places.delete(shardUid);
  }

  /** The shard is gone. */
  leave(shardUid: number): void {
    this.#places.delete(shardUid);
    this.#waiting.delete(shardUid);
  }

  /** Those whose turn it is, longest waiting first; they hold their places. */
  takeDue(nowMs: number): { readonly shardUid: number; readonly event: EpochEvent }[] {
    const due: { shardUid: number; event: EpochEvent }[] = [];
    for (const [shardUid, event] of this.#waiting) {
      if (!this.#takePlace(shardUid, nowMs)) break;
      due.push({ shardUid, event });
    }
    for (const { shardUid } of due) this.#waiting.delete(shardUid);
    return due;
  }

  #takePlace(shardUid: number, nowMs: number): boolean {
    for (const [holder, untilMs] of this.#places) {
      if (untilMs > nowMs) break;
      this.#places.delete(holder);
    }
    if (this.#places.size >= PLACES_MAX) return false;
    // Set anew, so that the order stays that of time.
    this.#places.delete(shardUid);
    this.#places.set(shardUid, nowMs + PLACE_MS);
    return true;
  }
}
