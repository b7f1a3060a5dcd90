/**
 * What leaders say about their shards: how far every copy is. Only the word of the leader in the record counts, and only
 * for the epoch in the record: of a shard without such a leader nothing is known.
 */
import type { NodeReport__Output, ShardReport__Output } from "@millrace/rpc";
import type { ReplicaPlace, ShardRecord } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";

/** A copy this many records behind is level, and so is one behind by what a second brings. */
const LEVEL_RECORDS = 1_000;

/** Nodes say it every 5 s (`trouble-reminders.ts` of the storage node). */
const STOPPED_HEARD_MS = 15_000;

/** One copy as its leader sees it. */
export interface CopyReport {
  readonly nodeId: string;
  readonly replicaUuid: string;
  readonly zone: string;
  readonly role: "leader" | "peer" | "learner";
  /** Undefined while the leader has not reported. */
  readonly recordsBehind: number | undefined;
  /** It holds everything below the start of the epoch. */
  readonly adopted: boolean;
  /** It has stopped itself and waits for an operator, as its node says. */
  readonly stopped: boolean;
}

/** See the file comment. */
export class ShardReports {
  readonly #tables: ClusterTables;
  readonly #reports = new Map<number, { readonly nodeId: string; readonly report: ShardReport__Output }>();

  readonly #monotonicMs: () => number;
  /** Replica uuid → when its node last said that it is stopped. */
  readonly #stopped = new Map<string, number>();

  constructor(tables: ClusterTables, monotonicMs: () => number) {
    this.#tables = tables;
    this.#monotonicMs = monotonicMs;
  }

  /** A node says that its replica of a shard is stopped. */
  noteStopped(nodeId: string, shardUid: number): void {
    const { set = [], pending } = this.#tables.shards.get(shardUid) ?? {};
    const place = [...set, ...(pending === undefined ? [] : [pending.add])].find((each) => each.nodeId === nodeId);
    if (place === undefined) return;
    const nowMs = this.#monotonicMs();
    for (const [uuid, atMs] of this.#stopped) if (nowMs - atMs > STOPPED_HEARD_MS) this.#stopped.delete(uuid);
    this.#stopped.set(place.replicaUuid, nowMs);
  }

  /** An operator has let the replica go on. */
  noteResumed(replicaUuid: string): void {
    this.#stopped.delete(replicaUuid);
  }

  /** Takes a heartbeat. */
  note({ nodeId, shards }: NodeReport__Output): void {
    for (const report of shards) {
      if (this.#tables.shards.get(report.shardUid)?.leader === nodeId) {
        this.#reports.set(report.shardUid, { nodeId, report });
      }
    }
  }

  /** To be called now and then: forgets shards that are gone. */
  prune(): void {
    for (const shardUid of this.#reports.keys()) if (!this.#tables.shards.has(shardUid)) this.#reports.delete(shardUid);
  }

  /** The leader's last report in the epoch of the record. */
  of(record: ShardRecord): ShardReport__Output | undefined {
    const known = this.#reports.get(record.shardUid);
    const isCurrent = record.configState === "active" && known?.nodeId === record.leader;
    return isCurrent && known.report.epoch === record.epoch ? known.report : undefined;
  }

  /** Every copy of the shard, the learner of a pending change last. */
  copies(record: ShardRecord): CopyReport[] {
    const report = this.of(record);
    const copyOf = ({ nodeId, replicaUuid, zone }: ReplicaPlace, role: "peer" | "learner"): CopyReport => {
      const stopped = this.#isStopped(replicaUuid);
      const copy = { nodeId, replicaUuid, zone, stopped };
      if (report !== undefined && nodeId === record.leader) {
        return { ...copy, role: "leader", recordsBehind: 0, adopted: true };
      }
      const lag = report?.lags.find((each) => each.replicaUuid === replicaUuid);
      return { ...copy, role, recordsBehind: lag?.recordsBehind, adopted: lag?.adopted === true };
    };
    const copies = record.set.map((place) => copyOf(place, "peer"));
    return record.pending === undefined ? copies : [...copies, copyOf(record.pending.add, "learner")];
  }

  /** Whether the copy could take part, or lead, without anybody waiting for it. */
  isLevel(record: ShardRecord, replicaUuid: string): boolean {
    const copy = this.copies(record).find((each) => each.replicaUuid === replicaUuid);
    return copy !== undefined && this.#level(record, copy);
  }

  /** Whether every member of the set holds the shard, as of its last report. */
  isWhole(record: ShardRecord): boolean {
    return this.copies(record).every((copy) => copy.role === "learner" || this.#level(record, copy));
  }

  #isStopped(replicaUuid: string): boolean {
    const atMs = this.#stopped.get(replicaUuid);
    return atMs !== undefined && this.#monotonicMs() - atMs <= STOPPED_HEARD_MS;
  }

  #level(record: ShardRecord, { recordsBehind, adopted, stopped }: CopyReport): boolean {
    if (stopped) return false;
    const allowed = Math.max(LEVEL_RECORDS, this.of(record)?.recordsPerSecond ?? 0);
    return adopted && recordsBehind !== undefined && recordsBehind <= allowed;
  }
}
