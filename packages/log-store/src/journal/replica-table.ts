/**
 * What the journal says of every replica up to a place in it. The writer and the recovery apply the same entries in
 * the same order through {@link ReplicaTable.apply}, so both always agree.
 */
import { frameEndOffset, type FrameHeader } from "@millrace/model";
import type { JournalEntry } from "./journal-entry.ts";

/** One replica as the journal tells it. */
export interface ReplicaRecord {
  readonly shardUid: number;
  state: Uint8Array | undefined;
  /** Records below are gone. */
  logStart: number;
  logEnd: number;
  lastEpoch: number;
  lastArrivalMs: number;
  lastKind: number;
  /** The log was cut, so the last frame's epoch, time and kind must be looked up in the index. */
  lastUnknown: boolean;
  /** Offset from which the log may be damaged, -1 when it is intact. */
  damagedFrom: number;
  /** Frames of this shard may lie in the journal twice: only the index knows which are alive. */
  wasCut: boolean;
  /** Number of the segment in which a tombstone dropped the replica, 0 while it lives. */
  droppedIn: number;
}

/** See the file comment. */
export class ReplicaTable {
  readonly #replicas = new Map<number, ReplicaRecord>();

  get(shardUid: number): ReplicaRecord | undefined {
    return this.#replicas.get(shardUid);
  }

  /** All replicas, dropped ones included. */
  all(): ReplicaRecord[] {
    return [...this.#replicas.values()];
  }

  set(replica: ReplicaRecord): void {
    this.#replicas.set(replica.shardUid, replica);
  }

  /** Takes in the entry that stands at this place of `segment`. */
  apply(entry: JournalEntry, segment: number): void {
    switch (entry.kind) {
      case "frame":
        return this.#append(entry.frame.header);
      case "state":
        this.#living(entry.shardUid).state = Buffer.from(entry.state);
        return;
      case "truncate":
        return entry.resetTo >= 0
          ? this.#reset(entry.shardUid, entry.resetTo)
          : this.#cut(entry.shardUid, entry.logEnd);
      case "drop":
        this.#replicas.set(entry.shardUid, { ...emptyReplica(entry.shardUid), wasCut: true, droppedIn: segment });
        return;
      case "trim": {
        const replica = this.#replicas.get(entry.shardUid);
        if (replica !== undefined)
          replica.logStart = Math.max(replica.logStart, Math.min(entry.logStart, replica.logEnd));
        return;
      }
      case "moved":
      case "removed":
        return;
    }
  }

  /** Takes in a frame of which only the header can be read. The caller keeps in mind that its body is missing. */
  applyHeader(header: FrameHeader): void {
    this.#append(header);
  }

  /** Marks a replica as damaged from `offset` on, or from its log's start. Unknown shards become known as damaged. */
  markDamaged(shardUid: number, offset?: number): void {
    const replica = this.#living(shardUid);
    const from = offset ?? replica.logStart;
    replica.damagedFrom = replica.damagedFrom < 0 ? from : Math.min(replica.damagedFrom, from);
  }

  /** Forgets tombstones of replicas whose last frames were in segments that no longer exist. */
  forgetDropped(oldestSegment: number): void {
    for (const { shardUid, droppedIn } of this.#replicas.values())
      if (droppedIn !== 0 && droppedIn < oldestSegment) this.#replicas.delete(shardUid);
  }

  #append(header: FrameHeader): void {
    const replica = this.#living(header.shardUid);
    // A gap is only possible in a replay over damage: what was lost began at the end known so far.
    if (header.baseOffset !== replica.logEnd)
      this.markDamaged(header.shardUid, Math.min(replica.logEnd, header.baseOffset));
    replica.logEnd = frameEndOffset(header);
    replica.lastEpoch = header.epoch;
    replica.lastArrivalMs = header.arrivalMs;
    replica.lastKind = header.kind;
    replica.lastUnknown = false;
  }

  #cut(shardUid: number, logEnd: number): void {
    const replica = this.#living(shardUid);
    if (replica.damagedFrom >= logEnd) replica.damagedFrom = -1;
    if (logEnd >= replica.logEnd) return;
    replica.logEnd = logEnd;
    replica.logStart = Math.min(replica.logStart, logEnd);
    replica.lastUnknown = true;
    replica.wasCut = true;
  }

  #reset(shardUid: number, resetTo: number): void {
    const { state } = this.#living(shardUid);
    this.#replicas.set(shardUid, {
      ...emptyReplica(shardUid),
      state,
      wasCut: true,
      logStart: resetTo,
      logEnd: resetTo,
    });
  }

  #living(shardUid: number): ReplicaRecord {
    const known = this.#replicas.get(shardUid);
    if (known?.droppedIn === 0) return known;
    const replica = { ...emptyReplica(shardUid), wasCut: known !== undefined };
    this.#replicas.set(shardUid, replica);
    return replica;
  }
}

function emptyReplica(shardUid: number): ReplicaRecord {
  return {
    shardUid,
    state: undefined,
    logStart: 0,
    logEnd: 0,
    lastEpoch: 0,
    lastArrivalMs: 0,
    lastKind: 0,
    lastUnknown: false,
    damagedFrom: -1,
    wasCut: false,
    droppedIn: 0,
  };
}
