/**
 * Leases in memory, for tests of applications and for a single process that may forget: the rules of {@link LeaseStore}, with a
 * clock in place of a server's. Workers of one process share one {@link MemoryLeaseStore.connect}ed table.
 */
import { assert, realClock, ServiceError, type Clock } from "@millrace/base";
import { checkpointAt, comparePositions, mayAdvance, shardEnd, trimHorizon } from "./checkpoint.ts";
import { leaseKey, type Lease, type LeaseGrant, type LeaseKey } from "./lease.ts";
import type { AcquireRefusal, CheckpointAnswer, LeaseStore, LeaseView, NewLease } from "./lease-store.ts";

/** How long a lease that was given back to somebody waits for him. */
const RESERVED_MS = 2_000;

interface Row {
  lease: Lease;
  version: number;
  reservedUntilMs: number;
  /** When it was first taken at LATEST. */
  latestSinceMs: number | undefined;
}

/** See the file comment. */
export class MemoryLeaseStore {
  readonly #clock: Clock;
  readonly #rows = new Map<LeaseKey, Row>();
  readonly #deleted = new Map<LeaseKey, number>();
  readonly #workers = new Map<string, number>();
  readonly #turns = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #version = 0;

  constructor(clock: Clock = realClock) {
    this.#clock = clock;
  }

  /** A store over this table; closing it leaves the table. */
  connect(): LeaseStore {
    const own = new Set<() => void>();
    return {
      open: () => Promise.resolve(),
      list: () => this.#step(() => this.#view(undefined)),
      renew: (request) =>
        this.#step(() => {
          const now = this.#clock.nowMs();
          if (!this.#isLive(request.worker)) this.#wake();
          this.#workers.set(request.worker, now + request.ttlMs);
          const lost: LeaseKey[] = [];
          const missing: LeaseKey[] = [];
          for (const { bytesPerSecond, ...grant } of request.held) {
            const row = this.#rows.get(grant.key);
            if (row === undefined) missing.push(grant.key);
            else if (!isHeldBy(row.lease, grant)) lost.push(grant.key);
            else if (bytesPerSecond !== undefined) this.#change(row, { bytesPerSecond });
          }
          const turns = request.turns.filter(({ name, periodMs }) => {
            const due = now - (this.#turns.get(name) ?? -Infinity) >= periodMs;
            if (due) this.#turns.set(name, now);
            return due;
          });
          return { ...this.#view(request.cursor), lost, missing, turns: turns.map(({ name }) => name) };
        }),
      create: (leases) =>
        this.#step(() => {
          const created = leases
            .filter((lease) => this.#create(lease))
            .map((each) => leaseKey(each.stream, each.shardId));
          if (created.length > 0) this.#wake();
          return created;
        }),
      acquire: ({ worker, incarnation, keys }) =>
        this.#step(() => {
          if (!this.#isLive(worker)) {
            throw new ServiceError("CONFLICT", "a worker takes leases after its heartbeat", {
              ids: { reason: "not-live" },
            });
          }
          return keys.map((key) => {
            const row = this.#rows.get(key);
            const refused = this.#refusal(row, worker);
            if (row === undefined || refused !== undefined) return { key, refused: refused ?? "missing" };
            return { key, lease: this.#take(row, worker, incarnation) };
          });
        }),
      requestHandoff: ({ to, leases }) =>
        this.#step(() => {
          for (const { key, incarnation } of leases) {
            const row = this.#rows.get(key);
            if (row?.lease.owner === undefined || row.lease.incarnation !== incarnation) continue;
            if (row.lease.handoffTo === to) continue;
            this.#change(row, { handoffTo: to });
            this.#wake();
          }
        }),
      release: ({ leases, leaving }) =>
        this.#step(() => {
          for (const { to, ...grant } of leases) {
            const row = this.#rows.get(grant.key);
            if (row === undefined || !isHeldBy(row.lease, grant)) continue;
            row.reservedUntilMs = to === undefined ? 0 : this.#clock.nowMs() + RESERVED_MS;
            this.#change(row, { owner: undefined, handoffTo: to });
            this.#wake();
          }
          if (leaving !== undefined && this.#workers.delete(leaving)) this.#wake();
        }),
      checkpoint: (requests) =>
        this.#step(() =>
          requests.map(({ position, prepare, ...grant }): CheckpointAnswer => {
            const row = this.#rows.get(grant.key);
            if (row === undefined || !isHeldBy(row.lease, grant)) return "lost";
            const target = position ?? prepare?.position;
            assert(target !== undefined, "a checkpoint request has a position");
            const { lease } = row;
            if (!mayAdvance(lease.checkpoint, target)) return "behind";
            if (position !== undefined) {
              const done = lease.prepared !== undefined && comparePositions(position, lease.prepared.position) >= 0;
              row.lease = {
                ...lease,
                checkpoint: checkpointAt(position),
                ownerSwitches: isSame(lease, position) ? lease.ownerSwitches : 0,
                prepared: done ? undefined : lease.prepared,
              };
            }
            if (prepare !== undefined) row.lease = { ...row.lease, prepared: prepare };
            return "stored";
          }),
        ),
      finish: ({ children, ...grant }) =>
        this.#step(() => {
          const row = this.#rows.get(grant.key);
          if (row === undefined || !isGranted(row.lease, grant)) return "lost";
          if (row.lease.owner === undefined) return row.lease.checkpoint.type === "SHARD_END" ? "stored" : "lost";
          this.#change(row, {
            checkpoint: shardEnd,
            children: children.map(({ shardId }) => shardId),
            owner: undefined,
            handoffTo: undefined,
            prepared: undefined,
            bytesPerSecond: 0,
          });
          for (const child of children) this.#create({ ...child, checkpoint: trimHorizon });
          this.#wake();
          return "stored";
        }),
      delete: (keys) =>
        this.#step(() => {
          for (const key of keys) {
            const row = this.#rows.get(key);
            if (row === undefined || this.#isLive(row.lease.owner)) continue;
            this.#rows.delete(key);
            this.#deleted.set(key, (this.#version += 1));
          }
        }),
      reset: ({ key, checkpoint, force }) =>
        this.#step(() => {
          if (!force && this.#view(undefined).workers.length > 0) return "live";
          const row = this.#rows.get(key);
          if (row === undefined) return "missing";
          const { fencingToken } = row.lease;
          if (checkpoint !== undefined) {
            row.latestSinceMs = undefined;
            row.lease = { ...row.lease, checkpoint, prepared: undefined, ownerSwitches: 0 };
          }
          const token = Math.max(fencingToken + 1, this.#clock.nowMs());
          this.#change(row, { owner: undefined, incarnation: undefined, handoffTo: undefined, fencingToken: token });
          this.#wake();
          return "done";
        }),
      onWake: (callback) => {
        own.add(callback);
        this.#listeners.add(callback);
      },
      close: () => {
        for (const callback of own) this.#listeners.delete(callback);
        return Promise.resolve();
      },
    };
  }

  /** One step of a request: later than the caller's turn, whole, and answered later still, as a server's would be. */
  async #step<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    return work();
  }

  #view(cursor: number | undefined): LeaseView {
    const now = this.#clock.nowMs();
    const complete = cursor === undefined;
    const rows = [...this.#rows.values()].filter((row) => complete || row.version > cursor);
    const deleted = [...this.#deleted].filter(([, version]) => !complete && version > cursor);
    const live = [...this.#workers].filter(([, untilMs]) => untilMs > now);
    return {
      complete,
      cursor: this.#version,
      leases: rows.map(({ lease }) => lease),
      deleted: deleted.map(([key]) => key),
      workers: live.map(([worker, untilMs]) => ({ worker, remainingMs: untilMs - now })),
    };
  }

  #refusal(row: Row | undefined, worker: string): AcquireRefusal | undefined {
    if (row === undefined) return "missing";
    const { checkpoint, owner, handoffTo, parents, stream } = row.lease;
    if (checkpoint.type === "SHARD_END") return "finished";
    if (owner !== undefined && owner !== worker && this.#isLive(owner)) return "held";
    const reserved = row.reservedUntilMs > this.#clock.nowMs() && this.#isLive(handoffTo);
    if (handoffTo !== undefined && handoffTo !== worker && reserved) return "reserved";
    const waits = parents.some((parent) => {
      const other = this.#rows.get(leaseKey(stream, parent));
      return other !== undefined && other.lease.checkpoint.type !== "SHARD_END";
    });
    return waits ? "parents" : undefined;
  }

  #take(row: Row, worker: string, incarnation: string): Lease {
    const now = this.#clock.nowMs();
    let { checkpoint } = row.lease;
    if (checkpoint.type === "LATEST") {
      if (row.latestSinceMs !== undefined) checkpoint = { type: "AT_TIMESTAMP", timestampMs: row.latestSinceMs };
      row.latestSinceMs ??= now;
    }
    row.reservedUntilMs = 0;
    this.#change(row, {
      checkpoint,
      owner: worker,
      incarnation,
      fencingToken: Math.max(row.lease.fencingToken + 1, now),
      handoffTo: undefined,
      ownerSwitches: row.lease.ownerSwitches + 1,
    });
    return row.lease;
  }

  #create({ checkpoint, ...shard }: NewLease): boolean {
    const key = leaseKey(shard.stream, shard.shardId);
    if (this.#rows.has(key)) return false;
    const lease: Lease = {
      ...shard,
      key,
      checkpoint,
      owner: undefined,
      incarnation: undefined,
      fencingToken: 0,
      prepared: undefined,
      children: [],
      handoffTo: undefined,
      ownerSwitches: 0,
      bytesPerSecond: 0,
    };
    this.#deleted.delete(key);
    this.#rows.set(key, { lease, version: (this.#version += 1), reservedUntilMs: 0, latestSinceMs: undefined });
    return true;
  }

  #change(row: Row, change: Partial<Lease>): void {
    row.lease = { ...row.lease, ...change };
    row.version = this.#version += 1;
  }

  #isLive(worker: string | undefined): boolean {
    return worker !== undefined && (this.#workers.get(worker) ?? 0) > this.#clock.nowMs();
  }

  #wake(): void {
    for (const callback of this.#listeners) callback();
  }
}

function isGranted(lease: Lease, grant: LeaseGrant): boolean {
  return lease.incarnation === grant.incarnation && lease.fencingToken === grant.fencingToken;
}

function isHeldBy(lease: Lease, grant: LeaseGrant): boolean {
  return lease.owner !== undefined && isGranted(lease, grant);
}

function isSame({ checkpoint }: Lease, position: Parameters<typeof comparePositions>[0]): boolean {
  return checkpoint.type === "SEQUENCE" && comparePositions(checkpoint, position) === 0;
}
