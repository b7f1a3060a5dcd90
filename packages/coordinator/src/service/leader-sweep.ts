/**
 * Finds shards whose leader is not what the record says, however the event that should have told was lost: nobody is
 * at a recovering shard, its leader is dead, or its leader's node reports regularly and does not name it.
 */
import type { NodeReport__Output } from "@millrace/rpc";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { NodeRegistry } from "./node-registry.ts";
import type { ShardDriver } from "./shard-driver.ts";

/** Nodes name every shard they lead every 5 s; missing from two such lists is not leading. */
const UNNAMED_MS = 11_000;
const SWEEP_MS = 1_000;
/** Reports are current when the last is at most this old. */
const CURRENT_MS = 1_000;

/** See the file comment. */
export class LeaderSweep {
  readonly #tables: ClusterTables;
  readonly #driver: ShardDriver;
  readonly #registry: NodeRegistry;
  readonly #settledAtMs: number;
  #lastSweepMs = -Infinity;
  /** When the leader in the record last said that it leads the record's epoch. */
  readonly #namedMs = new Map<number, { readonly epoch: number; readonly atMs: number }>();

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
}
