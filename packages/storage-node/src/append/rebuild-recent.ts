/**
 * A new leader must know the ids of the appends before it. Frames it saw as a follower it knows already; what lies before
 * (its process restarted a moment ago) is read back from the log: the last minute, of at most {@link REBUILD_RECORDS_MAX}
 * records, and the newest few whatever their time says, for clocks are set forward and machines wake from sleep. Clients repeat
 * an append within seconds; the limits keep a failover short. Of a damaged log the newest part is read back, and the replica is
 * told: it makes way for a sound copy when there is one.
 */
import { ServiceError, sleep, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import type { Frame } from "@millrace/model";
import type { HeldReplica } from "../replica/held-replica.ts";

const REBUILD_AGE_MS = 60_000;
const REBUILD_RECORDS_MAX = 20_000;
/** What several clients may have on their way to one shard; little to read where thousands of shards get new leaders. */
const REBUILD_RECORDS_MIN = 64;
const REBUILD_BYTES_MAX = 32 * 1024 * 1024;
const REBUILD_DEADLINE_MS = 2000;
const READ_BYTES = 1024 * 1024;

/** True when there is nothing to read back. */
export function recentIsComplete(held: HeldReplica): boolean {
  const { replica } = held;
  return replica.logEnd === replica.logStart || held.recent.coveredFrom <= replica.logStart;
}

/** Where ids are read back from. */
export interface RebuildParts {
  readonly logStore: LogStore;
  readonly clock: Clock;
  /** A frame of the log is damaged. */
  readonly onDamaged: () => void;
}

/** Reads what is missing; ends at the deadline or at damage with what it has. Never rejects. */
export async function rebuildRecent(held: HeldReplica, parts: RebuildParts): Promise<void> {
  await Promise.race([readBack(held, parts), sleep(parts.clock, REBUILD_DEADLINE_MS)]);
}

async function readBack(held: HeldReplica, parts: RebuildParts): Promise<void> {
  const { logStore, clock } = parts;
  const { shardUid, replica } = held;
  try {
    // The last frame may be of a leader whose clock was behind ours: a minute before it is asked for as well.
    const newestMs = Math.min(clock.nowMs(), held.lastArrivalMs);
    const located = await logStore.locateTime(shardUid, newestMs - REBUILD_AGE_MS);
    const { logEnd, logStart } = replica;
    let from = Math.max(Math.min(located, logEnd - REBUILD_RECORDS_MIN), logEnd - REBUILD_RECORDS_MAX, logStart);
    const frames: Frame[] = [];
    let next = from;
    let sizeBytes = 0;
    const end = Math.min(held.recent.coveredFrom, replica.logEnd);
    while (next < end) {
      const read = await readFrames(parts, shardUid, next);
      const last = read?.at(-1);
      if (read !== undefined && last === undefined) break;
      const isFirst = frames.length === 0;
      for (const frame of read ?? []) sizeBytes += frame.bytes.length;
      frames.push(...(read ?? []));
      if (last !== undefined) next = last.header.baseOffset + last.header.recordCount;
      const recordBytes = sizeBytes / Math.max(1, next - from);
      const tooMuch = sizeBytes > REBUILD_BYTES_MAX || (isFirst && recordBytes * (end - from) > REBUILD_BYTES_MAX);
      if (read === undefined || (tooMuch && next < end)) {
        // Damage, or large records: of the middle nothing is kept, the newest frames are what a client repeats.
        const half = (end - next) / 2;
        const kept = tooMuch ? Math.ceil(Math.min(half, REBUILD_BYTES_MAX / 2 / recordBytes)) : Math.floor(half);
        frames.length = 0;
        sizeBytes = 0;
        from = next = end - kept;
      }
    }
    held.recent.prepend(frames, from, clock.monotonicMs());
  } catch {
    // The store is closing, or its index cannot be asked: repeats from before are not recognised.
  }
}

/** Undefined: what lies at `fromOffset` is damaged, and the replica was told. */
async function readFrames(
  { logStore, onDamaged }: RebuildParts,
  shardUid: number,
  fromOffset: number,
): Promise<readonly Frame[] | undefined> {
  try {
    return (await logStore.read(shardUid, fromOffset, READ_BYTES)).frames;
  } catch (error) {
    if (ServiceError.from(error).code !== "DAMAGED") throw error;
    onDamaged();
    return undefined;
  }
}
