/**
 * Who should hold which lease. Every worker computes the same plan from the same table, so no leader is needed: each takes what the
 * plan gives it. Leases move only as far as balance needs. Leases come in an order that is the same for all workers and has
 * nothing to do with their names, and so do workers.
 */
import type { LeaseKey } from "../lease/lease.ts";
import { stableHash } from "./stable-hash.ts";

/** A lease that somebody should hold. */
export interface PlannedLease {
  readonly key: LeaseKey;
  /** The live worker that holds it or is about to. */
  readonly holder: string | undefined;
  readonly bytesPerSecond: number;
}

/** Worker of each lease. Empty without workers. */
export type Assignment = ReadonlyMap<LeaseKey, string>;

/** Loads within this share of the mean are even enough: moving a shard costs a pause of its readers. */
const TOLERANCE = 0.1;

/** The same number of leases for every worker, give or take one. */
export function planByCount(leases: readonly PlannedLease[], workers: readonly string[]): Assignment {
  const { assignment, held, free } = startingPoint(leases, workers);
  if (workers.length === 0) return assignment;
  const base = Math.floor(leases.length / workers.length);
  let extra = leases.length % workers.length;
  const quota = new Map<string, number>();
  // Those that hold most keep the odd ones: nothing moves for the sake of a remainder.
  const byHeld = workers.toSorted((a, b) => countOf(held, b) - countOf(held, a) || (a < b ? -1 : 1));
  for (const worker of byHeld) {
    quota.set(worker, base + (extra > 0 ? 1 : 0));
    extra -= 1;
  }
  const pool = [...free];
  for (const worker of byHeld) {
    const own = held.get(worker) ?? [];
    const surplus = own.length - (quota.get(worker) ?? 0);
    if (surplus > 0) pool.push(...own.splice(own.length - surplus));
  }
  // Round after round, so that neighbours in the pool (shards of one stream) spread.
  const lacking = byHeld.toReversed().filter((worker) => countOf(held, worker) < (quota.get(worker) ?? 0));
  for (let at = 0; pool.length > 0 && lacking.length > 0;) {
    const worker = lacking[at % lacking.length] ?? "";
    const lease = pool.shift();
    if (lease === undefined) break;
    assignment.set(lease.key, worker);
    held.get(worker)?.push(lease);
    if (countOf(held, worker) >= (quota.get(worker) ?? 0)) lacking.splice(at % lacking.length, 1);
    else at += 1;
  }
  return assignment;
}

/** As many bytes per second for every worker, within a tenth. An idle lease counts a little, so that idle ones spread too. */
export function planByThroughput(leases: readonly PlannedLease[], workers: readonly string[]): Assignment {
  const { assignment, held, free } = startingPoint(leases, workers);
  if (workers.length === 0) return assignment;
  const total = leases.reduce((sum, lease) => sum + lease.bytesPerSecond, 0);
  const idleWeight = Math.max(1, (total / Math.max(1, leases.length)) * TOLERANCE);
  const weight = (lease: PlannedLease): number => lease.bytesPerSecond + idleWeight;
  const load = new Map(
    workers.map((each) => [each, (held.get(each) ?? []).reduce((sum, own) => sum + weight(own), 0)]),
  );
  const mean = [...load.values(), ...free.map(weight)].reduce((sum, each) => sum + each, 0) / workers.length;
  const give = (lease: PlannedLease, worker: string): void => {
    assignment.set(lease.key, worker);
    held.get(worker)?.push(lease);
    load.set(worker, (load.get(worker) ?? 0) + weight(lease));
  };
  const extreme = (sign: 1 | -1): string =>
    workers.reduce((best, each) => (sign * ((load.get(each) ?? 0) - (load.get(best) ?? 0)) > 0 ? each : best));
  for (const lease of free.toSorted((a, b) => weight(b) - weight(a))) give(lease, extreme(-1));
  // Each move brings the two ends closer, so this ends; the bound is for rates that are not numbers.
  for (let moves = 0; moves < leases.length; moves += 1) {
    const [from, to] = [extreme(1), extreme(-1)];
    const gap = (load.get(from) ?? 0) - (load.get(to) ?? 0);
    if ((load.get(from) ?? 0) <= mean * (1 + TOLERANCE) && (load.get(to) ?? 0) >= mean * (1 - TOLERANCE)) break;
    const own = held.get(from) ?? [];
    // The lease that comes nearest to levelling the two, if it makes a difference worth a move.
    const best = own.reduce<PlannedLease | undefined>((found, lease) => {
      const off = Math.abs(weight(lease) - gap / 2);
      return found === undefined || off < Math.abs(weight(found) - gap / 2) ? lease : found;
    }, undefined);
    if (best === undefined || weight(best) >= gap * (1 - TOLERANCE)) break;
    own.splice(own.indexOf(best), 1);
    load.set(from, (load.get(from) ?? 0) - weight(best));
    give(best, to);
  }
  return assignment;
}

/** Live workers in the order in which they try to take a lease that nobody takes. */
export function rankedWorkers(key: LeaseKey, workers: readonly string[]): readonly string[] {
  const rank = new Map(workers.map((worker) => [worker, stableHash(`${worker} ${key}`)]));
  return workers.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0) || (a < b ? -1 : 1));
}

function startingPoint(leases: readonly PlannedLease[], workers: readonly string[]) {
  const held = new Map<string, PlannedLease[]>(workers.map((worker) => [worker, []]));
  const assignment = new Map<LeaseKey, string>();
  const free: PlannedLease[] = [];
  for (const lease of leases) {
    const own = lease.holder === undefined ? undefined : held.get(lease.holder);
    if (own === undefined || lease.holder === undefined) {
      free.push(lease);
      continue;
    }
    own.push(lease);
    assignment.set(lease.key, lease.holder);
  }
  return { assignment, held, free };
}

function countOf(held: ReadonlyMap<string, readonly PlannedLease[]>, worker: string): number {
  return held.get(worker)?.length ?? 0;
}
