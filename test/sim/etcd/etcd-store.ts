/** What etcd keeps: keys with all their versions, and leases. Transactions are applied one after the other, in one order for all members. */

/** One version of a key; `value` is undefined where it was removed. */
interface Version {
  readonly revision: number;
  readonly value: Buffer | undefined;
  readonly createRevision: number;
  readonly leaseId: number;
}

/** A key as it is at some revision. */
export interface StoredPair {
  readonly key: string;
  readonly value: Buffer;
  readonly createRevision: number;
  readonly leaseId: number;
}

/** Something a transaction compares. */
export type StoreCondition =
  | { readonly key: string; readonly createRevision: number }
  | { readonly key: string; readonly value: Buffer };

/** Something a transaction does. `end` makes a removal one of all keys in [remove, end). */
export type StoreWrite =
  | { readonly put: string; readonly value: Buffer; readonly leaseId: number }
  | { readonly remove: string; readonly end: string | undefined };

interface StoredLease {
  readonly ttlMs: number;
  untilMs: number;
}

/** See the file comment. */
export class EtcdStore {
  readonly #versions = new Map<string, Version[]>();
  readonly #leases = new Map<number, StoredLease>();
  revision = 1;

  /** Pairs in key order of [from, to), or of the one key, as of `revision`; 0: the newest. */
  range(from: string, to: string | undefined, revision: number = 0): StoredPair[] {
    const asOf = revision === 0 ? this.revision : revision;
    const found: StoredPair[] = [];
    const keys = to === undefined ? [from] : [...this.#versions.keys()].filter((key) => key >= from && key < to);
    for (const key of keys.sort()) {
      const version = this.#versions.get(key)?.findLast((each) => each.revision <= asOf);
      if (version?.value === undefined) continue;
      const { value, createRevision, leaseId } = version;
      found.push({ key, value, createRevision, leaseId });
    }
    return found;
  }

  get(key: string): StoredPair | undefined {
    return this.range(key, undefined)[0];
  }

  /** Whether all conditions hold now. */
  holds(conditions: readonly StoreCondition[]): boolean {
    return conditions.every((condition) => {
      const pair = this.get(condition.key);
      if ("createRevision" in condition) return (pair?.createRevision ?? 0) === condition.createRevision;
      return pair?.value.equals(condition.value) === true;
    });
  }

  /** Carries writes out in one revision. A lease that is gone refuses all of them: answers false then. */
  write(writes: readonly StoreWrite[]): boolean {
    const isAttachable = (write: StoreWrite): boolean =>
      "remove" in write || write.leaseId === 0 || this.#leases.has(write.leaseId);
    if (!writes.every(isAttachable)) return false;
    this.revision += 1;
    for (const write of writes) {
      if ("put" in write) this.#put(write.put, write.value, write.leaseId);
      else for (const { key } of this.range(write.remove, write.end)) this.#remove(key);
    }
    return true;
  }

  grant(leaseId: number, ttlSeconds: number, nowMs: number): void {
    const ttlMs = ttlSeconds * 1000;
    this.#leases.set(leaseId, { ttlMs, untilMs: nowMs + ttlMs });
  }

  /** Seconds it lives from now on; 0 when there is none. */
  keepAlive(leaseId: number, nowMs: number): number {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return 0;
    lease.untilMs = nowMs + lease.ttlMs;
    return lease.ttlMs / 1000;
  }

  /** Answers false when there is no such lease. */
  revoke(leaseId: number): boolean {
    if (!this.#leases.delete(leaseId)) return false;
    const attached = [...this.#versions.keys()].filter((key) => this.get(key)?.leaseId === leaseId);
    if (attached.length > 0) this.revision += 1;
    for (const key of attached) this.#remove(key);
    return true;
  }

  /** Ends the leases that have run out. */
  expire(nowMs: number): void {
    for (const [leaseId, { untilMs }] of this.#leases) if (nowMs >= untilMs) this.revoke(leaseId);
  }

  /** A new leader of etcd's members gives every lease its whole time again. */
  extendLeases(nowMs: number): void {
    for (const lease of this.#leases.values()) lease.untilMs = nowMs + lease.ttlMs;
  }

  #put(key: string, value: Buffer, leaseId: number): void {
    const createRevision = this.get(key)?.createRevision ?? this.revision;
    this.#versionsOf(key).push({ revision: this.revision, value, createRevision, leaseId });
  }

  #remove(key: string): void {
    this.#versionsOf(key).push({ revision: this.revision, value: undefined, createRevision: 0, leaseId: 0 });
  }

  #versionsOf(key: string): Version[] {
    let versions = this.#versions.get(key);
    if (versions === undefined) this.#versions.set(key, (versions = []));
    return versions;
  }
}
