/**
 * What leaders say about their shards: how far every copy is. Only the word of the leader in the record counts, and only
 * for the epoch in the record: of a shard without such a leader nothing is known.
 */
import type { NodeReport__Output, ShardReport__Output } from "@millrace/rpc";
import type { ReplicaPlace, ShardRecord } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";

/** A copy this many records behind is level, and so is one behind by what a second brings. */
const LEVEL_RECORDS = 1_000;

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
}

/** See the file comment. */
export class ShardReports {
  readonly #tables: ClusterTables;
  readonly #reports = new Map<number, { readonly nodeId: string; readonly report: ShardReport__Output }>();

  constructor(tables: ClusterTables) {
    this.#tables = tables;
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
      if (report !== undefined && nodeId === record.leader) {
        return { nodeId, replicaUuid, zone, role: "leader", recordsBehind: 0, adopted: true };
      }
      const lag = report?.lags.find((each) => each.replicaUuid === replicaUuid);
      return { nodeId, replicaUuid, zone, role, recordsBehind: lag?.recordsBehind, adopted: lag?.adopted === true };
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

  #level(record: ShardRecord, { recordsBehind, adopted }: CopyReport): boolean {
    const allowed = Math.max(LEVEL_RECORDS, this.of(record)?.recordsPerSecond ?? 0);
    return adopted && recordsBehind !== undefined && recordsBehind <= allowed;
  }
}
