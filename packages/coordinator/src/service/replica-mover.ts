/**
 * Carries set changes out: brings the learner of each pending change into being, has the leader feed it, and has the set
 * changed once it is level. Starts the changes that the placement asks for, a bounded number at a time. Everything is
 * derived from the tables and from reports, so a restarted coordinator goes on where the old one stopped.
 */
import type { Random } from "@millrace/base";
import type { Logger } from "@millrace/runtime";
import { beginSetChange, cancelSetChange } from "../epoch/change-configuration.ts";
import { tombstoneOf } from "../epoch/tombstone-of.ts";
import { planMoves, type MoveNode, type MoveSource, type PlannedMove } from "../placement/plan-moves.ts";
import type { NodeRecord, ShardRecord, StateChange } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { NodeRegistry } from "./node-registry.ts";
import type { ReplicaCalls } from "./replica-calls.ts";
import type { ShardDriver } from "./shard-driver.ts";
import type { ShardReports } from "./shard-reports.ts";
import type { StateWriter } from "./state-writer.ts";

/** Set changes under way at once: each costs its leader a reader and its shard, at the end, one short pause. */
const CHANGES_MAX = 16;
/** A change whose new node is dead for so long is given up, and another node is looked for. */
const TARGET_DEAD_MS = 60_000;
const PLAN_MS = 1_000;
/** Leaders forget learners with their epoch, and answers get lost: everything is asked again. */
const AGAIN_MS = 2_000;
/** A leader that was not level with its successor is asked again, and a successor soon leads. */
const HAND_OVER_AGAIN_MS = 500;

/** What the mover works with. */
export interface MoverParts {
  readonly writer: StateWriter;
  readonly driver: ShardDriver;
  readonly registry: NodeRegistry;
  readonly reports: ShardReports;
  readonly calls: ReplicaCalls;
  readonly random: Random;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
  /** Nothing is planned before: nodes need time to find a restarted coordinator. */
  readonly settledAtMs: number;
  /** A node dead for so long is replaced. */
  readonly replaceAfterMs: number;
  readonly balance: boolean;
}

/** What was last done about one pending change. */
interface Progress {
  /** In which epoch the leader was told of the learner, and when it is told again. */
  toldEpoch: number;
  tellAtMs: number;
  changeAtMs: number;
}

/** See the file comment. */
export class ReplicaMover {
  readonly #parts: MoverParts;
  readonly #tables: ClusterTables;
  readonly #progress = new Map<number, Progress>();
  #plannedMs = -Infinity;
  #writing = false;
  #stuck: ReadonlyMap<string, number> = new Map();

  constructor(parts: MoverParts) {
    this.#parts = parts;
    this.#tables = parts.writer.tables;
  }

  /** Copies that should move and have nowhere to go, by their zone. */
  get stuck(): ReadonlyMap<string, number> {
    return this.#stuck;
  }

  /** The cluster as the placement sees it. */
  source(): MoveSource {
    const { registry, replaceAfterMs } = this.#parts;
    const nodes = [...this.#tables.nodes.values()].map(({ nodeId, zone, duty }): MoveNode => {
      const isLeaving = duty === "decommissioning" || duty === "decommissioned";
      const isLost = registry.deadForMs(nodeId) >= replaceAfterMs;
      const leaves = isLeaving ? "decommission" : isLost ? "replacement" : undefined;
      return { nodeId, zone, takes: registry.takesReplicas(nodeId), leaves };
    });
    const retired = new Set<string>();
    for (const { nodeId, shardUid } of this.#tables.tombstones.values()) retired.add(`${nodeId}/${shardUid}`);
    const arriving = new Map<string, number>();
    for (const shardUid of this.#tables.changingShards) {
      const { add, remove } = this.#tables.shards.get(shardUid)?.pending ?? {};
      if (add !== undefined) arriving.set(add.nodeId, (arriving.get(add.nodeId) ?? 0) + 1);
      if (remove !== undefined) arriving.set(remove.nodeId, (arriving.get(remove.nodeId) ?? 0) - 1);
    }
    return {
      countOn: (nodeId) => this.#tables.shardsOnNode(nodeId).size + (arriving.get(nodeId) ?? 0),
      nodes: nodes.sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1)),
      shardsOn: (nodeId) => this.#shardsOn(nodeId),
      isOccupied: (nodeId, shardUid) => retired.has(`${nodeId}/${shardUid}`),
    };
  }

  /** To be called every 100 ms or so. */
  tick(): void {
    for (const shardUid of this.#progress.keys()) {
      if (!this.#tables.changingShards.has(shardUid)) this.#progress.delete(shardUid);
    }
    for (const shardUid of this.#tables.changingShards) {
      const record = this.#tables.shards.get(shardUid);
      if (record !== undefined && !this.#parts.driver.isBusy(shardUid)) this.#advance(record);
    }
    const nowMs = this.#parts.monotonicMs();
    if (this.#writing || nowMs < this.#parts.settledAtMs || nowMs < this.#plannedMs + PLAN_MS) return;
    this.#plannedMs = nowMs;
    if (this.#areEmptied().length > 0) void this.#retire();
    const { moves, stuck } = planMoves(this.source(), this.#room, this.#parts.balance);
    this.#stuck = stuck;
    this.#parts.reports.prune();
    if (moves.length > 0) void this.start(moves);
  }

  /** Begins the moves that are still possible; answers how many were. */
  async start(moves: readonly PlannedMove[]): Promise<number> {
    this.#writing = true;
    try {
      return await this.#parts.writer.submit("own", (state) => {
        const changes = moves.flatMap(({ shardUid, remove, to, why }): StateChange[] => {
          const add = { ...to, replicaUuid: this.#parts.random.uuid() };
          const value = beginSetChange(state.shards.get(shardUid), { add, remove, why });
          return value === undefined ? [] : [{ table: "shard", key: shardUid, value }];
        });
        return { changes, result: changes.length };
      });
    } catch (error) {
      // The writer has ended the process or is closing; the tables still say what is to be done.
      this.#parts.logger.warn({ error }, "moves were not written");
      return 0;
    } finally {
      this.#writing = false;
    }
  }

  /** Nodes whose decommissioning is done: no shard counts on them, and none is on its way. */
  #areEmptied(): NodeRecord[] {
    const busy = new Set(
      [...this.#tables.changingShards].map((uid) => this.#tables.shards.get(uid)?.pending?.add.nodeId),
    );
    return [...this.#tables.nodes.values()].filter(
      ({ nodeId, duty }) =>
        duty === "decommissioning" && this.#tables.shardsOnNode(nodeId).size === 0 && !busy.has(nodeId),
    );
  }

  /** For good: what a node that does not come back still holds is nobody's any more. */
  async #retire(): Promise<void> {
    await this.#parts.writer
      .submit("own", () => {
        const changes = this.#areEmptied().map((node): StateChange => ({
          table: "node",
          key: node.nodeId,
          value: { ...node, duty: "decommissioned" },
        }));
        return { changes, result: undefined };
      })
      .catch((error: unknown) => this.#parts.logger.warn({ error }, "retiring a node was not written"));
  }

  get #room(): number {
    return Math.max(0, CHANGES_MAX - this.#tables.changingShards.size);
  }

  *#shardsOn(nodeId: string): Iterable<ShardRecord> {
    for (const shardUid of this.#tables.shardsOnNode(nodeId)) {
      const record = this.#tables.shards.get(shardUid);
      if (record !== undefined) yield record;
    }
  }

  #advance(record: ShardRecord): void {
    const { registry, reports, driver } = this.#parts;
    const { shardUid, epoch, leader, pending, set } = record;
    if (pending === undefined || record.state === "dropping") return;
    const { add, remove } = pending;
    const duty = this.#tables.nodes.get(add.nodeId)?.duty;
    const isLeaving = duty === "decommissioning" || duty === "decommissioned";
    if (isLeaving || registry.deadForMs(add.nodeId) >= TARGET_DEAD_MS) return void this.#cancel(record);
    if (record.configState !== "active" || !registry.isUp(add.nodeId) || !registry.isUp(leader)) return;
    const nowMs = this.#parts.monotonicMs();
    const progress = this.#progress.get(shardUid) ?? { toldEpoch: 0, tellAtMs: -Infinity, changeAtMs: -Infinity };
    this.#progress.set(shardUid, progress);
    if (progress.toldEpoch !== epoch || nowMs >= progress.tellAtMs) {
      Object.assign(progress, { toldEpoch: epoch, tellAtMs: nowMs + AGAIN_MS });
      void this.#feedLearner(record, add);
    }
    if (nowMs < progress.changeAtMs || !reports.isLevel(record, add.replicaUuid)) return;
    progress.changeAtMs = nowMs + AGAIN_MS;
    if (leader !== remove.nodeId) return driver.feed(shardUid, { type: "changeSet", epoch });
    // The next leader must be in both sets.
    progress.changeAtMs = nowMs + HAND_OVER_AGAIN_MS;
    const next = set.find(
      ({ nodeId, replicaUuid }) =>
        nodeId !== leader && registry.mayLead(nodeId) && reports.isLevel(record, replicaUuid),
    );
    if (next !== undefined) driver.feed(shardUid, { type: "moveLeader", epoch, to: next.nodeId });
  }

  /** Idempotent on both nodes; a learner made before goes on from what it has. */
  async #feedLearner(record: ShardRecord, add: ShardRecord["set"][number]): Promise<void> {
    const { calls, logger } = this.#parts;
    const { shardUid, epoch, leader, set } = record;
    try {
      const { nodeId, replicaUuid } = add;
      const [made] = await calls.createReplicas(nodeId, [
        { shardUid, replicaUuid, epoch, set: [...set], suspect: true },
      ]);
      if (made?.ok === true) {
        const [told] = await calls.setLearners(leader, [{ shardUid, epoch, learners: [add] }]);
        if (told?.ok !== true) logger.warn({ shardUid, leader, why: told?.why }, "a leader refused a learner");
      } else {
        logger.warn({ shardUid, nodeId, why: made?.why }, "a node refused to create a learner");
        await this.#cancel(record);
      }
    } catch (error) {
      logger.warn({ shardUid, error }, "a learner was not brought up");
    }
  }

  /** The learner goes; the set stays as it is, and the plan looks for another place. */
  async #cancel({ shardUid, pending }: ShardRecord): Promise<void> {
    if (pending === undefined) return;
    const { add } = pending;
    this.#parts.logger.warn({ shardUid, nodeId: add.nodeId }, "a move was given up");
    await this.#parts.writer
      .submit("own", (state) => {
        const record = state.shards.get(shardUid);
        const value = cancelSetChange(record, add.replicaUuid);
        if (record === undefined || value === undefined) return { changes: [], result: undefined };
        const changes: StateChange[] = [{ table: "shard", key: shardUid, value }];
        return { changes: [...changes, tombstoneOf(shardUid, add, record.epoch)], result: undefined };
      })
      .catch((error: unknown) => this.#parts.logger.warn({ error }, "giving a move up was not written"));
  }
}
