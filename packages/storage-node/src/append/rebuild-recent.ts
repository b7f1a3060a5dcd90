/**
 * A new leader must know the ids of the appends before it. Frames it saw as a follower it knows already; what lies before
 * (its process restarted a moment ago) is read back from the log: the last minute, of at most {@link REBUILD_RECORDS_MAX}
 * records. Clients repeat an append within seconds; the limits keep a failover short.
 */
import { sleep, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import type { Frame } from "@millrace/model";
import type { HeldReplica } from "../replica/held-replica.ts";

const REBUILD_AGE_MS = 60_000;
const REBUILD_RECORDS_MAX = 20_000;
const REBUILD_BYTES_MAX = 32 * 1024 * 1024;
const REBUILD_DEADLINE_MS = 2000;
const READ_BYTES = 1024 * 1024;

/** True when there is nothing to read back. */
export function recentIsComplete(held: HeldReplica): boolean {
  const { replica } = held;
  return replica.logEnd === replica.logStart || held.recent.coveredFrom <= replica.logStart;
}

/** Reads what is missing; ends at the deadline or at damage with what it has. Never rejects. */
export async function rebuildRecent(held: HeldReplica, logStore: LogStore, clock: Clock): Promise<void> {
  await Promise.race([readBack(held, logStore, clock), sleep(clock, REBUILD_DEADLINE_MS)]);
}

async function readBack(held: HeldReplica, logStore: LogStore, clock: Clock): Promise<void> {
  const { shardUid, replica } = held;
  try {
    const located = await logStore.locateTime(shardUid, clock.nowMs() - REBUILD_AGE_MS);
    const from = Math.max(located, replica.logEnd - REBUILD_RECORDS_MAX, replica.logStart);
    const frames: Frame[] = [];
    let next = from;
    let sizeBytes = 0;
    const end = Math.min(held.recent.coveredFrom, replica.logEnd);
    while (next < end) {
      const read = await logStore.read(shardUid, next, READ_BYTES);
      const last = read.frames.at(-1);
      if (last === undefined) break;
      for (const frame of read.frames) sizeBytes += frame.bytes.length;
      frames.push(...read.frames);
      next = last.header.baseOffset + last.header.recordCount;
      if (sizeBytes > REBUILD_BYTES_MAX) {
        // Large records: of the middle nothing is kept, the newest frames are what a client repeats.
        frames.length = 0;
        sizeBytes = 0;
        next = Math.max(next, end - Math.ceil((end - next) / 4));
      }
    }
    held.recent.prepend(frames, from);
  } catch {
    // A damaged tail is reported by whoever serves it; here it only means that repeats from before are not recognised.
  }
}
