/**
 * Which leases a stream lacks, given its shards. Rows are the memory of what has been read: a row stays as long as its shard is listed, so that
 * a finished shard is not taken for a new one.
 */
import { trimHorizon, type Checkpoint, type InitialPosition } from "../lease/checkpoint.ts";
import { leaseKey, type Lease, type LeaseKey } from "../lease/lease.ts";
import type { NewLease } from "../lease/lease-store.ts";
import type { ListedShard } from "./coordinator-contract.ts";

const HASH_KEY_MAX = (1n << 128n) - 1n;

/** What to create and what to delete. */
export interface ShardSync {
  readonly create: readonly NewLease[];
  readonly remove: readonly LeaseKey[];
}

/**
 * - A stream without leases: LATEST leases the open shards, the others all that are listed.
 * - A shard that descends from a leased one is part of what we read: from TRIM_HORIZON (after AT_TIMESTAMP: from that time).
 * - A shard whose descendant has been begun is history, and so is one that was closed before LATEST began.
 * - Any other shard starts at the initial position.
 * - Rows of finished shards go when the shard is no longer listed.
 */
export function planShardSync(
  shards: readonly ListedShard[],
  leases: ReadonlyMap<LeaseKey, Lease>,
  stream: string,
  initial: InitialPosition,
): ShardSync {
  const listed = new Map(shards.map((shard) => [shard.shardId, shard]));
  const leaseOf = (shardId: string): Lease | undefined => leases.get(leaseKey(stream, shardId));
  const parentsOf = (shardId: string): readonly string[] =>
    listed.get(shardId)?.parents ?? leaseOf(shardId)?.parents ?? [];
  const children = new Map<string, string[]>();
  for (const { shardId, parents } of [...shards, ...[...leases.values()].filter((lease) => lease.stream === stream)]) {
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), shardId]);
  }
  const descendsFromLeased = (shardId: string): boolean =>
    reaches(shardId, parentsOf, (ancestor) => leaseOf(ancestor) !== undefined);
  const isHistory = (shardId: string): boolean =>
    reaches(
      shardId,
      (each) => children.get(each) ?? [],
      (descendant) => hasBegun(leaseOf(descendant)),
    );

  const create = shards.flatMap((shard): NewLease[] => {
    if (leaseOf(shard.shardId) !== undefined) return [];
    const { closed, ...leased } = shard;
    const descends = descendsFromLeased(shard.shardId);
    if (!descends && initial.type === "LATEST" && closed) return [];
    if (isHistory(shard.shardId)) return [];
    const checkpoint: Checkpoint = descends && initial.type === "LATEST" ? trimHorizon : initial;
    return [{ ...leased, checkpoint }];
  });
  const remove = [...leases.values()]
    .filter((lease) => lease.stream === stream && lease.checkpoint.type === "SHARD_END" && !listed.has(lease.shardId))
    .map(({ key }) => key);
  // No shard at all is an answer of a stream that is being made or deleted; history is not thrown away for it.
  return { create, remove: shards.length === 0 ? [] : remove };
}

/** Whether the unfinished leases of `stream` leave a hole in the hash keys: some shard is read by nobody. */
export function hasHole(leases: Iterable<Lease>, stream: string): boolean {
  const ranges: { readonly start: bigint; readonly end: bigint }[] = [];
  for (const { stream: own, checkpoint, hashRange } of leases) {
    if (own !== stream || checkpoint.type === "SHARD_END") continue;
    // What is unknown cannot be said to be a hole.
    if (hashRange === undefined) return false;
    ranges.push({ start: BigInt(hashRange.start), end: BigInt(hashRange.end) });
  }
  let next = 0n;
  for (const { start, end } of ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    if (start > next) return true;
    if (end >= next) next = end + 1n;
  }
  return next <= HASH_KEY_MAX;
}

/** A row that was begun: it holds a position, or the end. */
function hasBegun(lease: Lease | undefined): boolean {
  return lease?.checkpoint.type === "SEQUENCE" || lease?.checkpoint.type === "SHARD_END";
}

function reaches(
  start: string,
  next: (shardId: string) => readonly string[],
  found: (shardId: string) => boolean,
): boolean {
  const seen = new Set<string>();
  const open = [...next(start)];
  for (let shardId = open.pop(); shardId !== undefined; shardId = open.pop()) {
    if (seen.has(shardId)) continue;
    seen.add(shardId);
    if (found(shardId)) return true;
    open.push(...next(shardId));
  }
  return false;
}
