/**
 * A lease as its JSON row in Redis. One-letter fields, because scripts decode and encode a row at each checkpoint:
 * `s` stream, `h` shard, `p` parents and `c` children (ids joined by commas: Lua's JSON has no empty array), `a` and `b` hash range,
 * `o` owner, `i` incarnation, `t` fencing token, `k` checkpoint, `q` prepared position and `z` its state, `n` next owner and `u` the
 * millisecond until which the lease is kept for it, `w` owner switches, `r` bytes per second, `l` millisecond of the first taking
 * at LATEST. Absent fields are absent.
 */
import { formatCheckpoint, parseCheckpoint, positionOf } from "../lease/checkpoint.ts";
import { leaseKey, type Lease, type LeaseKey } from "../lease/lease.ts";
import type { NewLease } from "../lease/lease-store.ts";

interface LeaseRow {
  readonly s: string;
  readonly h: string;
  readonly p?: string;
  readonly c?: string;
  readonly a?: string;
  readonly b?: string;
  readonly o?: string;
  readonly i?: string;
  readonly t: number;
  readonly k: string;
  readonly q?: string;
  readonly z?: string;
  readonly n?: string;
  readonly w?: number;
  readonly r?: number;
}

/** The lease in a row's text. */
export function parseLeaseRow(text: string): Lease {
  const row = JSON.parse(text) as LeaseRow;
  const prepared = row.q === undefined ? undefined : positionOf(parseCheckpoint(row.q));
  return {
    key: leaseKey(row.s, row.h),
    stream: row.s,
    shardId: row.h,
    parents: splitIds(row.p),
    children: splitIds(row.c),
    hashRange: row.a === undefined || row.b === undefined ? undefined : { start: row.a, end: row.b },
    owner: row.o,
    incarnation: row.i,
    fencingToken: row.t,
    checkpoint: parseCheckpoint(row.k),
    prepared: prepared === undefined ? undefined : { position: prepared, state: row.z ?? "" },
    handoffTo: row.n,
    ownerSwitches: row.w ?? 0,
    bytesPerSecond: row.r ?? 0,
  };
}

/** Key and row of a lease nobody has held yet, as the scripts that create rows take them. */
export function newLeaseEntry(lease: NewLease): readonly [LeaseKey, LeaseRow] {
  const row: LeaseRow = {
    s: lease.stream,
    h: lease.shardId,
    ...(lease.parents.length === 0 ? {} : { p: lease.parents.join(",") }),
    ...(lease.hashRange === undefined ? {} : { a: lease.hashRange.start, b: lease.hashRange.end }),
    t: 0,
    k: formatCheckpoint(lease.checkpoint),
  };
  return [leaseKey(lease.stream, lease.shardId), row];
}

function splitIds(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : text.split(",");
}
