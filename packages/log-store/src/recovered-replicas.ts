/** What recovery tells the host about each replica, with what only the index knows filled in. */
import type { FrameIndex } from "./index/frame-index.ts";
import { endOffsetOf } from "./index/index-keys.ts";
import type { ReplicaRecord, ReplicaTable } from "./journal/replica-table.ts";
import type { RecoveredReplica } from "./log-store-contract.ts";

/** Looks at every living replica. Unless the index `isComplete`, gaps in it mark their replica as damaged. */
export async function recoveredReplicas(options: {
  readonly table: ReplicaTable;
  readonly index: FrameIndex;
  readonly isComplete: boolean;
}): Promise<Map<number, RecoveredReplica>> {
  const { table, index, isComplete } = options;
  const recovered = new Map<number, RecoveredReplica>();
  for (const replica of table.all()) {
    if (replica.droppedIn !== 0) continue;
    if (replica.lastUnknown) await lookUpLast(index, replica);
    if (!isComplete) {
      const gap = await firstGap(index, replica);
      if (gap !== undefined) table.markDamaged(replica.shardUid, gap);
    }
    recovered.set(replica.shardUid, {
      shardUid: replica.shardUid,
      state: replica.state,
      logEnd: replica.logEnd,
      lastFrameEpoch: replica.lastEpoch,
      lastArrivalMs: replica.lastArrivalMs,
      lastFrameKind: replica.lastKind,
      damaged: replica.damagedFrom >= 0,
    });
  }
  return recovered;
}

async function lookUpLast(index: FrameIndex, replica: ReplicaRecord): Promise<void> {
  const last = await index.atOrBelow(replica.shardUid, replica.logEnd - 1);
  const isThere = last !== undefined && endOffsetOf(last) === replica.logEnd;
  replica.lastEpoch = isThere ? last.epoch : 0;
  replica.lastArrivalMs = isThere ? last.arrivalMs : 0;
  replica.lastKind = isThere ? last.kind : 0;
  replica.lastUnknown = false;
}

/** The first offset of the living log that no frame in the index covers. */
async function firstGap(index: FrameIndex, replica: ReplicaRecord): Promise<number | undefined> {
  const { shardUid, logStart, logEnd } = replica;
  if (logStart >= logEnd) return undefined;
  const first = await index.atOrBelow(shardUid, logStart);
  let covered = first === undefined ? logStart : endOffsetOf(first);
  if (covered <= logStart) return logStart;
  while (covered < logEnd) {
    const locations = await index.between(shardUid, covered, logEnd);
    if (locations.length === 0) return covered;
    for (const location of locations) {
      if (location.baseOffset !== covered) return covered;
      covered = endOffsetOf(location);
    }
  }
  return undefined;
}
