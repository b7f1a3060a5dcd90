/**
 * What shards need beside epochs, repeated until it is done: places for new ones, close records for closing ones,
 * tombstones for dropped ones, missing replicas made late. Everything is derived from the tables, so a restarted
 * coordinator goes on where the old one stopped.
 */
import type { Random } from "@millrace/base";
import type { Logger } from "@millrace/runtime";
import { placeConfiguration } from "../epoch/change-configuration.ts";
import { tombstoneOf } from "../epoch/tombstone-of.ts";
import type { ClosedReport } from "../lifecycle/lifecycle-facts.ts";
import { placeReplicas, type PlacementNode } from "../placement/place-replicas.ts";
import type { ShardRecord, StateChange, TombstoneRecord } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { NodeRegistry } from "./node-registry.ts";
import { RepeatGate } from "./repeat-gate.ts";
import type { ReplicaCalls } from "./replica-calls.ts";
import type { ShardDriver } from "./shard-driver.ts";
import type { StateWriter } from "./state-writer.ts";

/** Shards handled in one commit or call. */
const BATCH_MAX = 1_000;
/** Pause between two requests about the same thing. */
const REPEAT_MS = 250;
const COMPLAINT_MS = 10_000;
/** A leader that took the order to close and has reported nothing for this long gets a successor, which reports anew. */
const CLOSE_PATIENCE_MS = 5_000;

/** What upkeep works with. */
export interface UpkeepParts {
  readonly writer: StateWriter;
  readonly driver: ShardDriver;
  readonly registry: NodeRegistry;
  readonly calls: ReplicaCalls;
  readonly random: Random;
  readonly logger: Logger;
  readonly replicationFactor: number;
  /** Whether every member of the shard's set is known to hold it. */
  readonly isWhole: (record: ShardRecord) => boolean;
  readonly monotonicMs: () => number;
}

/** See the file comment. */
export class ShardUpkeep {
  readonly #parts: UpkeepParts;
  readonly #tables: ClusterTables;
  readonly #closedReports = new Map<number, ClosedReport>();
  readonly #missing = new Map<string, Set<number>>();
  readonly #gate: RepeatGate;
  /** When the leader of an epoch first took the order to close, by shard. */
  readonly #closeTaken = new Map<number, { readonly epoch: number; readonly atMs: number }>();
  #complainedMs = -Infinity;
  #writing = false;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    this.#tables = parts.writer.tables;
    this.#gate = new RepeatGate(REPEAT_MS, parts.monotonicMs);
  }

  /** Committed close records of shards that are still closing. */
  get closedReports(): ReadonlyMap<number, ClosedReport> {
    return this.#closedReports;
  }

  /** A leader reports a committed close record. */
  noteClosed(report: ClosedReport): void {
    if (this.#tables.shards.get(report.shardUid)?.state === "closing") this.#closedReports.set(report.shardUid, report);
  }

  /** A member of a shard's set holds its replica, or does not although it should. */
  noteReplica(nodeId: string, shardUid: number, confirmed: boolean): void {
    const missing = this.#missing.get(nodeId) ?? new Set();
    if (confirmed) missing.delete(shardUid);
    else this.#missing.set(nodeId, missing.add(shardUid));
  }

  /** What a registering node holds: whatever else its shards' sets expect of it is missing. */
  noteHeld(nodeId: string, replicaUuids: ReadonlySet<string>): void {
    this.#missing.delete(nodeId);
    for (const shardUid of this.#tables.shardsOnNode(nodeId)) {
      const member = this.#tables.shards.get(shardUid)?.set.find((place) => place.nodeId === nodeId);
      if (member !== undefined && !replicaUuids.has(member.replicaUuid)) this.noteReplica(nodeId, shardUid, false);
    }
  }

  /** To be called after changes and every 100 ms or so. */
  tick(): void {
    const unplaced: ShardRecord[] = [];
    const dropping: ShardRecord[] = [];
    const closing = new Map<string, ShardRecord[]>();
    for (const shardUid of this.#tables.unsettledShards) {
      const shard = this.#tables.shards.get(shardUid);
      if (shard === undefined) continue;
      if (shard.state === "creating" && shard.configState === "unplaced") unplaced.push(shard);
      if (shard.state === "dropping") dropping.push(shard);
      if (shard.state === "closing" && shard.configState === "active" && !this.#closedReports.has(shardUid)) {
        const ofLeader = closing.get(shard.leader);
        if (ofLeader === undefined) closing.set(shard.leader, [shard]);
        else ofLeader.push(shard);
      }
    }
    for (const shardUid of this.#closedReports.keys()) {
      if (this.#tables.shards.get(shardUid)?.state !== "closing") this.#closedReports.delete(shardUid);
    }
    for (const shardUid of this.#closeTaken.keys()) {
      if (this.#tables.shards.get(shardUid)?.state !== "closing") this.#closeTaken.delete(shardUid);
    }
    if (!this.#writing && dropping.length > 0) void this.#drop(dropping.slice(0, BATCH_MAX));
    else if (!this.#writing && unplaced.length > 0) void this.#place(unplaced.slice(0, BATCH_MAX));
    for (const [leader, shards] of closing) void this.#close(leader, shards.slice(0, BATCH_MAX));
    this.#deliverTombstones();
    for (const nodeId of this.#missing.keys()) void this.#createMissing(nodeId);
  }

  async #place(shards: readonly ShardRecord[]): Promise<void> {
    const placements = placeReplicas(this.#placementNodes(), this.#parts.replicationFactor, shards.length);
    if (placements === undefined) return this.#complain(shards.length);
    const leaders = new Map<number, string>();
    await this.#write((changes) => {
      shards.forEach(({ shardUid }, index) => {
        const placement = placements[index];
        if (placement === undefined) return;
        const set = placement.members.map(({ nodeId, zone }) => ({
          nodeId,
          replicaUuid: this.#parts.random.uuid(),
          zone,
        }));
        const value = placeConfiguration(this.#tables.shards.get(shardUid), set);
        if (value === undefined) return;
        changes.push({ table: "shard", key: shardUid, value });
        leaders.set(shardUid, placement.leader);
      });
    });
    for (const [shardUid, leader] of leaders) this.#parts.driver.feed(shardUid, { type: "placed", leader });
  }

  /** The shard leaves the metadata and its replicas become tombstones, in one commit: nothing can be forgotten. */
  async #drop(shards: readonly ShardRecord[]): Promise<void> {
    await this.#write((changes) => {
      for (const { shardUid } of shards) {
        const shard = this.#tables.shards.get(shardUid);
        if (shard?.state !== "dropping") continue;
        changes.push({ table: "shard", key: shardUid, value: undefined });
        const places = shard.pending === undefined ? shard.set : [...shard.set, shard.pending.add];
        for (const place of places) changes.push(tombstoneOf(shardUid, place, shard.epoch));
      }
    });
  }

  async #close(leader: string, shards: readonly ShardRecord[]): Promise<void> {
    if (!this.#parts.registry.isUp(leader) || !this.#gate.enter(`close/${leader}`)) return;
    try {
      const request = shards.map(({ shardUid, epoch }) => ({ shardUid, epoch }));
      const results = await this.#parts.calls.closeShards(leader, request);
      for (const { shardUid, ok, why } of results) {
        if (!ok) this.#parts.logger.warn({ nodeId: leader, shardUid, why }, "a leader refused to close a shard");
      }
      const taken = new Set(results.filter(({ ok }) => ok).map(({ shardUid }) => shardUid));
      for (const { shardUid, epoch } of request) if (taken.has(shardUid)) this.#noteCloseTaken(leader, shardUid, epoch);
    } catch (error) {
      this.#parts.logger.warn({ nodeId: leader, error }, "closing shards failed");
    }
    this.#gate.leave(`close/${leader}`);
  }

  /** The report of a committed close record can be lost with the coordinator that received it. */
  #noteCloseTaken(nodeId: string, shardUid: number, epoch: number): void {
    const nowMs = this.#parts.monotonicMs();
    const before = this.#closeTaken.get(shardUid);
    if (before?.epoch !== epoch) this.#closeTaken.set(shardUid, { epoch, atMs: nowMs });
    else if (nowMs > before.atMs + CLOSE_PATIENCE_MS && !this.#closedReports.has(shardUid)) {
      this.#closeTaken.delete(shardUid);
      this.#parts.driver.feed(shardUid, { type: "leaderLost", epoch, nodeId, why: "does not report the close" });
    }
  }

  #deliverTombstones(): void {
    if (this.#tables.tombstones.size === 0) return;
    const nodes = new Set([...this.#tables.tombstones.values()].map((tombstone) => tombstone.nodeId));
    for (const nodeId of nodes) void this.#deliverTo(nodeId);
  }

  /** A replica that was replaced is kept until all who replaced it hold the shard: nobody is in a hurry to have fewer copies. */
  #mayDelete({ shardUid, replicaUuid }: TombstoneRecord): boolean {
    const shard = this.#tables.shards.get(shardUid);
    if (shard === undefined) return true;
    if (shard.set.some((member) => member.replicaUuid === replicaUuid)) return false;
    return shard.state === "dropping" || this.#parts.isWhole(shard);
  }

  async #deliverTo(nodeId: string): Promise<void> {
    if (!this.#parts.registry.isUp(nodeId) || !this.#gate.enter(`drop/${nodeId}`)) return;
    try {
      const shards = [...this.#tables.tombstones.values()]
        .filter((tombstone) => tombstone.nodeId === nodeId && this.#mayDelete(tombstone))
        .slice(0, BATCH_MAX)
        .map(({ shardUid, replicaUuid, epoch }) => ({ shardUid, replicaUuid, epoch }));
      if (shards.length === 0) return this.#gate.leave(`drop/${nodeId}`);
      const results = await this.#parts.calls.dropReplicas(nodeId, shards);
      const gone = new Set<number>();
      for (const { shardUid, ok, why } of results) {
        if (ok || why === "NO_SUCH_REPLICA") gone.add(shardUid);
        else this.#parts.logger.warn({ nodeId, shardUid, why }, "a node refused a tombstone");
      }
      const keys = shards.filter(({ shardUid }) => gone.has(shardUid)).map(({ replicaUuid }) => replicaUuid);
      await this.#parts.writer.submit("own", () => {
        const changes = keys.map((key): StateChange => ({ table: "tombstone", key, value: undefined }));
        return { changes, result: undefined };
      });
    } catch (error) {
      // The tombstones stay and are delivered again.
      this.#parts.logger.warn({ nodeId, error }, "delivering tombstones failed");
    }
    this.#gate.leave(`drop/${nodeId}`);
  }

  /** Made late, a replica is suspect: it counts for nothing until the shard's leader has filled it. */
  async #createMissing(nodeId: string): Promise<void> {
    const missing = this.#missing.get(nodeId) ?? new Set<number>();
    const shards = [...missing].flatMap((shardUid) => {
      const shard = this.#tables.shards.get(shardUid);
      if (shard === undefined || shard.state === "dropping") missing.delete(shardUid);
      return shard === undefined || shard.state === "creating" || shard.configState !== "active" ? [] : [shard];
    });
    if (shards.length === 0 || !this.#parts.registry.isUp(nodeId) || !this.#gate.enter(`create/${nodeId}`)) return;
    try {
      const replicas = shards.slice(0, BATCH_MAX).flatMap(({ shardUid, epoch, set }) => {
        const member = set.find((place) => place.nodeId === nodeId);
        return member === undefined
          ? []
          : [{ shardUid, replicaUuid: member.replicaUuid, epoch, set: [...set], suspect: true }];
      });
      for (const { shardUid, ok, why } of await this.#parts.calls.createReplicas(nodeId, replicas)) {
        if (ok) missing.delete(shardUid);
        else this.#parts.logger.warn({ nodeId, shardUid, why }, "a node refused to create a replica");
      }
    } catch (error) {
      this.#parts.logger.warn({ nodeId, error }, "creating missing replicas failed");
    }
    this.#gate.leave(`create/${nodeId}`);
  }

  async #write(decide: (changes: StateChange[]) => void): Promise<void> {
    this.#writing = true;
    try {
      await this.#parts.writer.submit("own", () => {
        const changes: StateChange[] = [];
        decide(changes);
        return { changes, result: undefined };
      });
    } catch (error) {
      // The writer has ended the process or is closing; the tables still say what is to be done.
      this.#parts.logger.warn({ error }, "upkeep was not written");
    } finally {
      this.#writing = false;
    }
  }

  #placementNodes(): PlacementNode[] {
    return [...this.#parts.registry.sessions].flatMap(([nodeId, session]) => {
      const node = this.#tables.nodes.get(nodeId);
      if (node === undefined || session.belowDiskFloor || !this.#parts.registry.mayLead(nodeId)) return [];
      const replicaCount = this.#tables.shardsOnNode(nodeId).size;
      return [{ nodeId, zone: node.zone, replicaCount, leaderCount: this.#tables.leaderCount(nodeId) }];
    });
  }

  #complain(shardCount: number): void {
    const nowMs = this.#parts.monotonicMs();
    if (nowMs < this.#complainedMs + COMPLAINT_MS) return;
    this.#complainedMs = nowMs;
    const zones = new Set(this.#placementNodes().map((node) => node.zone));
    const needed = this.#parts.replicationFactor;
    this.#parts.logger.warn({ shardCount, zones: [...zones], needed }, "new shards wait for nodes in enough zones");
  }
}
