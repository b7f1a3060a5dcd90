/** Carries the epoch machines' calls out, and turns answers, refusals and failures into their events. */
import type { Logger } from "@millrace/runtime";
import type { EpochEvent } from "../epoch/epoch-step.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { CommandBatch, ShardCommand } from "./command-batch.ts";
import type { ReplicaCalls } from "./replica-calls.ts";
import type { EpochCommand } from "../epoch/epoch-step.ts";

type Commands<K extends EpochCommand["type"]> = ShardCommand<Extract<EpochCommand, { readonly type: K }>>[];

/** See the file comment. Never rejects: a failed call is an event. */
export class EpochCalls {
  readonly #calls: ReplicaCalls;
  readonly #tables: ClusterTables;
  readonly #logger: Logger;
  readonly #feed: (shardUid: number, event: EpochEvent) => void;

  constructor(
    calls: ReplicaCalls,
    tables: ClusterTables,
    logger: Logger,
    feed: (shardUid: number, event: EpochEvent) => void,
  ) {
    this.#calls = calls;
    this.#tables = tables;
    this.#logger = logger;
    this.#feed = feed;
  }

  /** Starts every call of the batch. */
  send(batch: CommandBatch): void {
    for (const { nodeId, entries } of batch.byNode("create", (command) => command.nodeId)) {
      void this.#create(nodeId, entries);
    }
    for (const { nodeId, entries } of batch.byNode("seal", (command) => command.nodeId)) {
      void this.#seal(nodeId, entries);
    }
    for (const { nodeId, entries } of batch.byNode("recover", (command) => command.chosen.nodeId)) {
      void this.#recover(nodeId, entries);
    }
    for (const { nodeId, entries } of batch.byNode("confirm", (command) => command.nodeId)) {
      void this.#confirm(nodeId, entries);
    }
    for (const { nodeId, entries } of batch.byNode("handOver", (command) => command.nodeId)) {
      void this.#handOver(nodeId, entries);
    }
  }

  async #create(nodeId: string, entries: Commands<"create">): Promise<void> {
    const confirmed = new Set<number>();
    try {
      const replicas = entries.map(({ shardUid, command: { replicaUuid, epoch } }) => ({
        shardUid,
        replicaUuid,
        epoch,
        set: [...this.#setOf(shardUid)],
        suspect: false,
      }));
      for (const { shardUid, ok, why } of await this.#calls.createReplicas(nodeId, replicas)) {
        if (ok) confirmed.add(shardUid);
        else this.#logger.warn({ nodeId, shardUid, why }, "a node refused to create a replica");
      }
    } catch (error) {
      this.#logger.warn({ nodeId, count: entries.length, error }, "creating replicas failed");
    }
    for (const { shardUid } of entries) {
      this.#feed(shardUid, { type: "created", nodeId, ok: confirmed.has(shardUid) });
    }
  }

  async #seal(nodeId: string, entries: Commands<"seal">): Promise<void> {
    const events = new Map<number, EpochEvent>();
    try {
      const shards = entries.map(({ shardUid, command: { replicaUuid, epoch } }) => ({ shardUid, replicaUuid, epoch }));
      const { boot, replies } = await this.#calls.seal(nodeId, shards);
      const epochs = new Map(entries.map(({ shardUid, command }) => [shardUid, command.epoch]));
      for (const report of replies) {
        const { shardUid, why, suspect } = report;
        const epoch = epochs.get(shardUid);
        if (epoch === undefined) continue;
        if (!report.ok || suspect)
          this.#logger.warn({ nodeId, shardUid, epoch, why, suspect }, "a seal does not count");
        events.set(shardUid, { type: "sealed", nodeId, epoch, boot, report });
      }
    } catch (error) {
      this.#logger.warn({ nodeId, count: entries.length, error }, "sealing failed");
    }
    for (const { shardUid, command } of entries) {
      this.#feed(shardUid, events.get(shardUid) ?? { type: "sealFailed", nodeId, epoch: command.epoch });
    }
  }

  async #recover(nodeId: string, entries: Commands<"recover">): Promise<void> {
    const events = new Map<number, { ok: boolean; why: string }>();
    try {
      const shards = entries.map(({ shardUid, command: { epoch, chosen, set, setChanges } }) => ({
        shardUid,
        epoch,
        replicaUuid: chosen.replicaUuid,
        boot: chosen.boot,
        logEpoch: chosen.logEpoch,
        logEnd: chosen.logEnd,
        set: [...set],
        setChanges,
      }));
      for (const { shardUid, ok, why } of await this.#calls.recover(nodeId, shards)) events.set(shardUid, { ok, why });
    } catch (error) {
      this.#logger.warn({ nodeId, count: entries.length, error }, "recovering failed");
    }
    for (const { shardUid, command } of entries) {
      const { ok, why } = events.get(shardUid) ?? { ok: false, why: "no answer" };
      if (!ok) this.#logger.warn({ nodeId, shardUid, epoch: command.epoch, why }, "a replica was not recovered");
      this.#feed(shardUid, { type: "recoverAnswered", epoch: command.epoch, ok, why });
    }
  }

  /** Not answered: the leader asks again as long as it waits. */
  async #confirm(nodeId: string, entries: Commands<"confirm">): Promise<void> {
    try {
      const shards = entries.map(({ shardUid, command: { epoch } }) => ({ shardUid, epoch }));
      for (const { shardUid, ok, why } of await this.#calls.confirmOpen(nodeId, shards)) {
        if (!ok) this.#logger.warn({ nodeId, shardUid, why }, "a leader does not open with its changed set");
      }
    } catch (error) {
      this.#logger.warn({ nodeId, count: entries.length, error }, "confirming changed sets failed");
    }
  }

  async #handOver(nodeId: string, entries: Commands<"handOver">): Promise<void> {
    const done = new Set<number>();
    try {
      const shards = entries.map(({ shardUid, command: { epoch, toReplicaUuid } }) => ({
        shardUid,
        epoch,
        toReplicaUuid,
      }));
      for (const { shardUid, ok, why } of await this.#calls.handOver(nodeId, shards)) {
        if (ok) done.add(shardUid);
        else this.#logger.info({ nodeId, shardUid, why }, "a leader stays");
      }
    } catch (error) {
      this.#logger.warn({ nodeId, count: entries.length, error }, "handing leaders over failed");
    }
    for (const { shardUid, command } of entries) {
      this.#feed(shardUid, { type: "handedOver", epoch: command.epoch, ok: done.has(shardUid) });
    }
  }

  /** The set in force. It cannot change while the attempt that sends this is the one in force. */
  #setOf(shardUid: number): readonly { nodeId: string; replicaUuid: string; zone: string }[] {
    return this.#tables.shards.get(shardUid)?.set ?? [];
  }
}
