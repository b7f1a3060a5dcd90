/** This worker's picture of the lease table and of who lives, as of its last heartbeat and the passing of time since. */
import { leaseKey, type Lease, type LeaseKey } from "../lease/lease.ts";
import type { LeaseView } from "../lease/lease-store.ts";
import type { PlannedLease } from "./plan-assignment.ts";
import { stableHash } from "./stable-hash.ts";

/** See the file comment. */
export class LeaseTable {
  readonly leases: Map<LeaseKey, Lease> = new Map();
  /** When each other worker's heartbeat runs out, in our monotonic time; late by the way of one answer, never early. */
  readonly #expiresAtMs = new Map<string, number>();
  /** Since when we have seen a lease that nobody live holds. */
  readonly #freeSinceMs = new Map<LeaseKey, number>();
  /** Keys in stable order; undefined when keys came or went. */
  #ordered: readonly LeaseKey[] | undefined;
  cursor: number | undefined;

  /** Takes over an answer that arrived at `now`. */
  apply(view: LeaseView, now: number): void {
    if (view.complete) this.leases.clear();
    if (view.complete || view.deleted.length > 0) this.#ordered = undefined;
    for (const lease of view.leases) {
      if (!this.leases.has(lease.key)) this.#ordered = undefined;
      this.leases.set(lease.key, lease);
    }
    for (const key of view.deleted) this.leases.delete(key);
    this.cursor = view.cursor;
    this.#expiresAtMs.clear();
    for (const { worker, remainingMs } of view.workers) this.#expiresAtMs.set(worker, now + remainingMs);
  }

  isLive(worker: string | undefined, now: number): boolean {
    return worker !== undefined && (this.#expiresAtMs.get(worker) ?? -Infinity) > now;
  }

  /** Live workers in the order of their names. */
  liveWorkers(now: number): readonly string[] {
    return [...this.#expiresAtMs.keys()].filter((worker) => this.isLive(worker, now)).toSorted();
  }

  /** When the next live worker but `self` runs out. */
  nextExpiryMs(now: number, self: string): number {
    let next = Infinity;
    for (const [worker, atMs] of this.#expiresAtMs) if (worker !== self && atMs > now) next = Math.min(next, atMs);
    return next;
  }

  /** Leases of `streams` that can be read now (not finished, and no parent unfinished), in an order that is the same for all workers. */
  readable(streams: ReadonlySet<string>): Lease[] {
    this.#ordered ??= inStableOrder([...this.leases.keys()]);
    return this.#ordered.flatMap((key) => {
      const lease = this.leases.get(key);
      return lease !== undefined && this.#isReadable(lease, streams) ? [lease] : [];
    });
  }

  #isReadable(lease: Lease, streams: ReadonlySet<string>): boolean {
    if (lease.checkpoint.type === "SHARD_END" || !streams.has(lease.stream)) return false;
    return lease.parents.every((parent) => {
      const row = this.leases.get(leaseKey(lease.stream, parent));
      return row === undefined || row.checkpoint.type === "SHARD_END";
    });
  }

  /** `lease` for the planner: it counts as its next owner's when it is being handed over, and as nobody's when its owner is dead. */
  planned(lease: Lease, now: number): PlannedLease {
    const owner = this.isLive(lease.owner, now) ? lease.owner : undefined;
    const next = this.isLive(lease.handoffTo, now) ? lease.handoffTo : undefined;
    return { key: lease.key, holder: next ?? owner, bytesPerSecond: lease.bytesPerSecond };
  }

  /** How long nobody live has held `lease`, as far as we know; 0 while somebody does. */
  freeForMs(lease: Lease, now: number): number {
    if (this.isLive(lease.owner, now)) {
      this.#freeSinceMs.delete(lease.key);
      return 0;
    }
    const since = this.#freeSinceMs.get(lease.key) ?? now;
    this.#freeSinceMs.set(lease.key, since);
    return now - since;
  }
}

function inStableOrder(keys: readonly LeaseKey[]): LeaseKey[] {
  const hash = new Map(keys.map((key) => [key, stableHash(key)]));
  return keys.toSorted((a, b) => (hash.get(a) ?? 0) - (hash.get(b) ?? 0) || (a < b ? -1 : 1));
}
