/**
 * Finds shards whose leader is not what the record says, however the event that should have told was lost: nobody is
 * at a recovering shard, its leader is dead, or its leader's node reports regularly and does not name it. A leader whose
 * disk is full is replaced as long as a majority of the others have space: a full node takes no appends.
 */
import type { NodeReport__Output } from "@millrace/rpc";
import { majorityOf } from "../epoch/choose-replica.ts";
import type { ShardRecord } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { NodeRegistry } from "./node-registry.ts";
import type { ShardDriver } from "./shard-driver.ts";

/** Nodes name every shard they lead every 5 s; missing from two such lists is not leading. */
const UNNAMED_MS = 11_000;
const SWEEP_MS = 1_000;
/** Reports are current when the last is at most this old. */
const CURRENT_MS = 1_000;
/** A shard is moved away from a full disk at most this often. */
const MOVE_AGAIN_MS = 10_000;

/** See the file comment. */
export class LeaderSweep {
  readonly #tables: ClusterTables;
  readonly #driver: ShardDriver;
  readonly #registry: NodeRegistry;
  readonly #settledAtMs: number;
  #lastSweepMs = -Infinity;
  /** When the leader in the record last said that it leads the record's epoch. */
  readonly #namedMs = new Map<number, { readonly epoch: number; readonly atMs: number }>();
  readonly #movedMs = new Map<number, number>();

  /** Nothing is judged before `settledAtMs`: nodes need time to find a restarted coordinator. */
  constructor(tables: ClusterTables, driver: ShardDriver, registry: NodeRegistry, settledAtMs: number) {
    this.#tables = tables;
    this.#driver = driver;
    this.#registry = registry;
    this.#settledAtMs = settledAtMs;
  }

  /** Takes the shards that a node says it leads. */
  noteReport(report: NodeReport__Output, nowMs: number): void {
    for (const { shardUid, epoch } of report.shards) {
      const record = this.#tables.shards.get(shardUid);
      if (record === undefined || record.epoch !== epoch) continue;
      this.#namedMs.set(shardUid, { epoch, atMs: nowMs });
      if (record.configState === "recovering") {
        this.#driver.feed(shardUid, { type: "leading", nodeId: report.nodeId, epoch });
      }
    }
  }

  /** To be called every 100 ms or so. */
  tick(nowMs: number): void {
    if (nowMs < this.#settledAtMs || nowMs < this.#lastSweepMs + SWEEP_MS) return;
    // After a stop of this process the old times say nothing.
    if (nowMs > this.#lastSweepMs + 3 * SWEEP_MS) this.#namedMs.clear();
    this.#lastSweepMs = nowMs;
    for (const [shardUid, atMs] of this.#movedMs) if (nowMs - atMs > MOVE_AGAIN_MS) this.#movedMs.delete(shardUid);
    for (const shardUid of this.#namedMs.keys()) if (!this.#tables.shards.has(shardUid)) this.#namedMs.delete(shardUid);
    for (const shardUid of this.#tables.shards.keys()) this.#judge(shardUid, nowMs);
  }

  #judge(shardUid: number, nowMs: number): void {
    const record = this.#tables.shards.get(shardUid);
    if (record === undefined || record.state === "dropping" || this.#driver.isBusy(shardUid)) return;
    const { epoch, leader: nodeId } = record;
    if (record.configState === "recovering") return this.#driver.feed(shardUid, { type: "resume" });
    if (record.configState !== "active") return;
    if (!this.#registry.isUp(nodeId)) {
      return this.#driver.feed(shardUid, { type: "leaderLost", epoch, nodeId, why: "dead" });
    }
    if (this.#shouldLeaveFullDisk(record) && !this.#movedMs.has(shardUid)) {
      this.#movedMs.set(shardUid, nowMs);
      return this.#driver.feed(shardUid, { type: "leaderLost", epoch, nodeId, why: "its disk is full" });
    }
    const named = this.#namedMs.get(shardUid);
    if (named === undefined || named.epoch !== epoch) {
      this.#namedMs.set(shardUid, { epoch, atMs: nowMs });
      return;
    }
    const session = this.#registry.sessions.get(nodeId);
    const isReporting =
      session !== undefined &&
      nowMs - session.lastReportMs <= CURRENT_MS &&
      nowMs - session.reportsSinceMs > UNNAMED_MS;
    if (!isReporting || nowMs - named.atMs <= UNNAMED_MS) return;
    this.#driver.feed(shardUid, { type: "leaderLost", epoch, nodeId, why: "does not report leading" });
  }

  /** Without a majority that has space another leader would soon be no better off, so the shard stays where it is. */
  #shouldLeaveFullDisk({ leader, set }: ShardRecord): boolean {
    const { sessions } = this.#registry;
    if (sessions.get(leader)?.belowDiskFloor !== true) return false;
    const roomy = set.filter(
      ({ nodeId }) => this.#registry.isUp(nodeId) && sessions.get(nodeId)?.belowDiskFloor === false,
    );
    return set.length > 1 && roomy.length >= majorityOf(set.length);
  }
}
