/**
 * What happened to shards here and has not reached the coordinator yet. Events are state, not history: of one shard and
 * kind only the newest is kept, which also bounds them.
 */
import type { ShardEvent } from "@millrace/rpc";

interface Pending {
  readonly event: ShardEvent;
  /** Number of the report that carried it, 0 while none did. */
  sentIn: number;
}

/** See the file comment. */
export class ShardEvents {
  readonly #pending = new Map<string, Pending>();
  /** Called for each event added: the report that carries it need not wait for its turn. */
  onAdded: (() => void) | undefined;

  get count(): number {
    return this.#pending.size;
  }

  add(event: ShardEvent): void {
    const key = `${String(event.shardUid)}/${String(event.kind)}`;
    // Set anew, so that the order of delivery is the order of happening.
    this.#pending.delete(key);
    this.#pending.set(key, { event, sentIn: 0 });
    this.onAdded?.();
  }

  /** Events no report of this stream has carried, marked as carried by `reportNumber`; at most `countMax`. */
  take(reportNumber: number, countMax: number): ShardEvent[] {
    const taken: ShardEvent[] = [];
    for (const pending of this.#pending.values()) {
      if (pending.sentIn !== 0) continue;
      if (taken.length >= countMax) break;
      pending.sentIn = reportNumber;
      taken.push(pending.event);
    }
    return taken;
  }

  /** The coordinator has taken every report up to `reportNumber`. */
  accepted(reportNumber: number): void {
    for (const [key, pending] of this.#pending) {
      if (pending.sentIn !== 0 && pending.sentIn <= reportNumber) this.#pending.delete(key);
    }
  }

  /** The stream is gone: what it carried without acceptance goes again on the next. */
  resendAll(): void {
    for (const pending of this.#pending.values()) pending.sentIn = 0;
  }
}
