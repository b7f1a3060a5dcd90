/**
 * Moves leaders: at once away from nodes that are to lead nothing (draining, stopping), slowly and a few at a time for
 * balance. A move is a hand-over: the target is level before puts pause.
 */
import { planEvacuation, planLeaderBalance, type LeaderSource } from "../placement/plan-leaders.ts";
import type { ShardRecord } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { NodeRegistry } from "./node-registry.ts";
import type { ShardDriver } from "./shard-driver.ts";
import type { ShardReports } from "./shard-reports.ts";
import { majorityOf } from "../epoch/choose-replica.ts";

/** Hand-overs begun in one step, and the pauses between steps. A shard whose hand-over failed rests meanwhile. */
const EVACUATE_MAX = 200;
const EVACUATE_MS = 100;
const BALANCE_MAX = 4;
const BALANCE_MS = 1_000;
const REST_MS = 1_000;
/** A node that came back gets leaders once it has been heard of without a gap for so long. */
const SETTLED_MS = 5_000;

/** What the placement works with. */
export interface LeaderPlacementParts {
  readonly tables: ClusterTables;
  readonly driver: ShardDriver;
  readonly registry: NodeRegistry;
  readonly reports: ShardReports;
  readonly settledAtMs: number;
  readonly balance: boolean;
}

/** See the file comment. */
export class LeaderPlacement {
  readonly #parts: LeaderPlacementParts;
  #evacuatedMs = -Infinity;
  #balancedMs = -Infinity;
  readonly #restUntilMs = new Map<number, number>();

  constructor(parts: LeaderPlacementParts) {
    this.#parts = parts;
  }

  /** To be called every 100 ms or so. */
  tick(nowMs: number): void {
    const { settledAtMs, balance } = this.#parts;
    if (nowMs < this.#evacuatedMs + EVACUATE_MS) return;
    this.#evacuatedMs = nowMs;
    for (const [shardUid, untilMs] of this.#restUntilMs) if (nowMs >= untilMs) this.#restUntilMs.delete(shardUid);
    const source = this.#source(nowMs);
    const leaving = planEvacuation(source, EVACUATE_MAX);
    this.#begin(leaving, nowMs);
    const isDue = balance && nowMs >= settledAtMs && nowMs >= this.#balancedMs + BALANCE_MS;
    if (!isDue || leaving.length > 0 || this.#parts.driver.busyCount > 0) return;
    this.#balancedMs = nowMs;
    this.#begin(planLeaderBalance(source, BALANCE_MAX), nowMs);
  }

  /** Whether a stopping node still leads something that others are about to take over. */
  mustStay(nodeId: string): boolean {
    const { registry } = this.#parts;
    if (!registry.isStopping(nodeId)) return false;
    for (const record of this.#shardsOn(nodeId)) {
      if (record.leader !== nodeId) continue;
      const others = record.set.filter((member) => member.nodeId !== nodeId && registry.isWell(member.nodeId));
      if (
        others.length >= majorityOf(record.set.length) - 1 &&
        others.some((member) => registry.mayLead(member.nodeId))
      )
        return record.set.length > 1;
    }
    return false;
  }

  #begin(plan: ReturnType<typeof planEvacuation>, nowMs: number): void {
    for (const { shardUid, epoch, to } of plan) {
      this.#restUntilMs.set(shardUid, nowMs + REST_MS);
      this.#parts.driver.feed(shardUid, { type: "moveLeader", epoch, to });
    }
  }

  #source(nowMs: number): LeaderSource {
    const { tables, driver, registry, reports } = this.#parts;
    const isAtRest = (record: ShardRecord, nodeId: string): boolean =>
      record.leader === nodeId &&
      record.configState === "active" &&
      record.state !== "dropping" &&
      !driver.isBusy(record.shardUid) &&
      !this.#restUntilMs.has(record.shardUid);
    const shardsOn = (nodeId: string): Iterable<ShardRecord> => this.#shardsOn(nodeId);
    return {
      nodes: [...tables.nodes.keys()].map((nodeId) => ({
        nodeId,
        mayLead: registry.mayLead(nodeId),
        settled: registry.heardForMs(nodeId, nowMs) >= SETTLED_MS,
      })),
      *ledBy(nodeId) {
        for (const record of shardsOn(nodeId)) if (isAtRest(record, nodeId)) yield record;
      },
      leaderCount: (nodeId) => tables.leaderCount(nodeId),
      isLevel: (record, nodeId) => {
        const member = record.set.find((each) => each.nodeId === nodeId);
        return member !== undefined && registry.isUp(nodeId) && reports.isLevel(record, member.replicaUuid);
      },
    };
  }

  *#shardsOn(nodeId: string): Iterable<ShardRecord> {
    for (const shardUid of this.#parts.tables.shardsOnNode(nodeId)) {
      const record = this.#parts.tables.shards.get(shardUid);
      if (record !== undefined) yield record;
    }
  }
}
