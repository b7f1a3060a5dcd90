/**
 * Runs the epoch machines: feeds them events, carries their commands out, batched per node, and feeds the answers back.
 * A machine exists only while something is under way for its shard.
 */
import type { ServiceError } from "@millrace/base";
import type { Logger } from "@millrace/runtime";
import { activateEpoch, burnEpoch, installSet } from "../epoch/change-configuration.ts";
import { EpochMachine } from "../epoch/epoch-machine.ts";
import type { EpochContext, EpochEvent } from "../epoch/epoch-step.ts";
import { tombstoneOf } from "../epoch/tombstone-of.ts";
import type { ShardRecord, StateChange } from "../state/cluster-state.ts";
import { CommandBatch } from "./command-batch.ts";
import { EpochCalls } from "./epoch-calls.ts";
import { PendingLeaders } from "./pending-leaders.ts";
import { RecoveryQueue } from "./recovery-queue.ts";
import type { ReplicaCalls } from "./replica-calls.ts";
import type { StateWriter } from "./state-writer.ts";

/** More than any node leads. */
const UNWANTED_LOAD = 1_000_000_000;

/** What the driver needs beside the writer. */
export interface DriverParts {
  readonly writer: StateWriter;
  readonly calls: ReplicaCalls;
  readonly logger: Logger;
  readonly isUp: (nodeId: string) => boolean;
  /** Whether the node should lead at all; among equals one that should not is chosen last. */
  readonly mayLead: (nodeId: string) => boolean;
  readonly monotonicMs: () => number;
  /** From 0 to 1, drawn anew each time. */
  readonly jitter: () => number;
  /** Whether a member of a new shard has confirmed its replica; a shard opens with a majority. */
  readonly onReplica: (nodeId: string, shardUid: number, confirmed: boolean) => void;
}

/** See the file comment. */
export class ShardDriver {
  readonly #parts: DriverParts;
  readonly #epochCalls: EpochCalls;
  readonly #machines = new Map<number, EpochMachine>();
  /** Shards told to recover on a node and not yet active: counted when leaders are spread. */
  readonly #pending = new PendingLeaders();
  readonly #queue = new RecoveryQueue();
  #batch = new CommandBatch();
  #flushQueued = false;
  #closed = false;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#epochCalls = new EpochCalls(parts.calls, parts.writer.tables, parts.logger, (shardUid, event) =>
      this.feed(shardUid, event),
    );
  }

  /** Shards with an attempt under way or waiting for its turn. */
  get busyCount(): number {
    return this.#machines.size + this.#queue.waitingCount;
  }

  /** Whether an attempt is under way for the shard or waits for its turn. */
  isBusy(shardUid: number): boolean {
    return this.#machines.has(shardUid) || this.#queue.isWaiting(shardUid);
  }

  /** Steps the shard's machine; what it wants done is done at the end of the turn. */
  feed(shardUid: number, event: EpochEvent): void {
    const record = this.#parts.writer.tables.shards.get(shardUid);
    if (record === undefined || this.#closed) return this.#forget(shardUid);
    if (!this.#mayBegin(record, event)) return;
    this.#step(record, event);
  }

  /** Shards without a leader are helped a bounded number at a time. */
  #mayBegin(record: ShardRecord, event: EpochEvent): boolean {
    const { shardUid, epoch } = record;
    const begins = event.type === "leaderLost" || event.type === "nodeDown" || event.type === "resume";
    if (!begins || this.#machines.has(shardUid)) return true;
    // Later it would be said of whoever leads then.
    const why = "dead or restarted";
    const lasting =
      event.type === "nodeDown" ? ({ type: "leaderLost", epoch, nodeId: event.nodeId, why } as const) : event;
    return this.#queue.enter(shardUid, lasting, this.#parts.monotonicMs());
  }

  #step(record: ShardRecord, event: EpochEvent): void {
    const { shardUid } = record;
    const machine = this.#machines.get(shardUid) ?? new EpochMachine();
    if (event.type === "created") this.#parts.onReplica(event.nodeId, shardUid, event.ok);
    const commands = machine.step(event, this.#contextOf(record));
    for (const nodeId of machine.takeUnconfirmed()) this.#parts.onReplica(nodeId, shardUid, false);
    if (machine.phase === "idle") this.#finish(shardUid);
    else this.#machines.set(shardUid, machine);
    for (const command of commands) {
      if (command.type === "recover") this.#pending.add(shardUid, command.chosen.nodeId);
    }
    this.#batch.add(shardUid, commands);
    this.#queueFlush();
  }

  /** Feeds `event` to every shard with a replica on the node. */
  feedNode(nodeId: string, event: EpochEvent): void {
    for (const shardUid of this.#parts.writer.tables.shardsOnNode(nodeId)) {
      const isLeader = this.#parts.writer.tables.shards.get(shardUid)?.leader === nodeId;
      if (isLeader || this.#machines.has(shardUid)) this.feed(shardUid, event);
    }
  }

  /** To be called every 100 ms or so. */
  tick(): void {
    for (const shardUid of this.#machines.keys()) this.feed(shardUid, { type: "tick" });
    for (const { shardUid, event } of this.#queue.takeDue(this.#parts.monotonicMs())) {
      const record = this.#parts.writer.tables.shards.get(shardUid);
      if (record === undefined || this.#closed) this.#forget(shardUid);
      else this.#step(record, event);
    }
  }

  /** Starts nothing more. */
  close(): void {
    this.#closed = true;
    this.#machines.clear();
  }

  #finish(shardUid: number): void {
    this.#machines.delete(shardUid);
    this.#pending.remove(shardUid);
    this.#queue.release(shardUid);
  }

  #forget(shardUid: number): void {
    this.#finish(shardUid);
    this.#queue.leave(shardUid);
  }

  #contextOf(record: ShardRecord): EpochContext {
    const { tables } = this.#parts.writer;
    return {
      nowMs: this.#parts.monotonicMs(),
      jitter: this.#parts.jitter,
      record,
      isUp: this.#parts.isUp,
      bootOf: (nodeId) => tables.nodes.get(nodeId)?.boot ?? 0,
      loadOf: (nodeId) => {
        const leads = tables.leaderCount(nodeId) + this.#pending.countOf(nodeId);
        return this.#parts.mayLead(nodeId) ? leads : leads + UNWANTED_LOAD;
      },
    };
  }

  #queueFlush(): void {
    if (this.#flushQueued || this.#batch.isEmpty) return;
    this.#flushQueued = true;
    queueMicrotask(() => {
      this.#flushQueued = false;
      const batch = this.#batch;
      this.#batch = new CommandBatch();
      this.#write(batch);
      this.#epochCalls.send(batch);
    });
  }

  /** All burns and activations of the turn in one commit; each is a compare-and-set of its own. */
  #write(batch: CommandBatch): void {
    const burns = batch.ofKind("burn");
    const activations = batch.ofKind("activate");
    if (burns.length + activations.length === 0) return;
    const written = this.#parts.writer.submit("own", (state) => {
      const changes: StateChange[] = [];
      const results: { shardUid: number; event: EpochEvent }[] = [];
      const put = (shardUid: number, value: ShardRecord | undefined): boolean => {
        if (value !== undefined) changes.push({ table: "shard", key: shardUid, value });
        return value !== undefined;
      };
      for (const { shardUid, command } of burns) {
        const { fromEpoch, toEpoch } = command;
        const ok = put(shardUid, burnEpoch(state.shards.get(shardUid), fromEpoch, toEpoch));
        results.push({ shardUid, event: { type: "burnt", toEpoch, ok } });
      }
      for (const { shardUid, command } of activations) {
        const { epoch, leader, change } = command;
        const record = state.shards.get(shardUid);
        const ok = put(
          shardUid,
          change === undefined ? activateEpoch(record, epoch, leader) : installSet(record, epoch, leader, change),
        );
        if (ok && change !== undefined) changes.push(tombstoneOf(shardUid, change.remove, epoch));
        results.push({ shardUid, event: { type: "activated", epoch, ok } });
      }
      return { changes, result: results };
    });
    written.then(
      (results) => {
        for (const { shardUid, event } of results) this.feed(shardUid, event);
      },
      (error: ServiceError) => {
        // The store failed or the process closes: the writer has said so, and a later coordinator resumes.
        this.#parts.logger.warn({ error }, "a configuration change was not written");
      },
    );
  }
}
