/**
 * What may be written to the metadata: only what the elected coordinator writes, epochs and terms that only grow, one leader
 * and one set in an epoch that is in force, and nothing of a shard that was closed opens again.
 */
import type { ClusterRecord, NodeRecord, ShardRecord, TombstoneRecord } from "@millrace/coordinator";
import { formatShardId } from "@millrace/model";
import type { EtcdCaller, EtcdWritten } from "../etcd/simulated-etcd.ts";

const RECORDS = "/records/";
const PENDING = "/pending/";

interface Elected extends EtcdCaller {
  readonly electionKey: string;
  /** `host:port/lease`, with which the ids of all commits under this election begin. */
  readonly commitBase: string;
}

/** See the file comment. `onViolation` hears of everything else. */
export class MetadataChecks {
  /** Hears of every shard that is stored as closed. */
  onClosed: ((shard: ShardRecord) => void) | undefined;
  readonly #onViolation: (error: Error) => void;
  readonly #shards = new Map<string, ShardRecord>();
  readonly #tombstones = new Map<string, TombstoneRecord>();
  readonly #nodes = new Map<string, NodeRecord>();
  /** Address → the node that was last started there. */
  readonly #nodeAt = new Map<string, string>();
  readonly #dropped = new Set<string>();
  /** Hears of each shard whose records are dropped, by its id. */
  onDropped: ((shardId: string) => void) | undefined;
  #term = 0;
  #elected: Elected | undefined;

  constructor(onViolation: (error: Error) => void) {
    this.#onViolation = onViolation;
  }

  /** Uids of a shard's parents. */
  parentsOf(shardUid: number): readonly number[] {
    return this.#shards.get(`shard/${shardUid}`)?.parentShardUids ?? [];
  }

  /** A transaction was carried out in etcd. */
  written({ caller, writes, store }: EtcdWritten): void {
    const puts = writes.flatMap((write) => ("put" in write ? [write] : []));
    const commit = puts.find(({ put }) => put.endsWith("/commit"))?.value.toString();
    const electionKey = puts.find(({ put }) => put.endsWith("/election"))?.put;
    if (electionKey === undefined) {
      this.#requireElected(caller, commit);
      if (this.#elected !== undefined && store.get(this.#elected.electionKey) === undefined)
        this.#onViolation(new Error(`${caller.host} wrote although nobody is elected`));
    } else this.#elected = { ...caller, electionKey, commitBase: commit ?? "" };
    for (const write of writes) {
      const key = "put" in write ? write.put : write.remove;
      const at = key.indexOf(RECORDS);
      if (at >= 0) this.stored(key.slice(at + RECORDS.length), "put" in write ? write.value : undefined);
      else if (!key.endsWith("/commit") && !key.endsWith("/election") && !key.includes(PENDING))
        this.#onViolation(new Error(`${caller.host} wrote ${key}, of which nobody knows`));
    }
  }

  /** A record was stored, or removed where `value` is undefined. */
  stored(key: string, value: Uint8Array | undefined): void {
    const record: unknown = value === undefined ? undefined : JSON.parse(Buffer.from(value).toString());
    switch (key.slice(0, key.indexOf("/"))) {
      case "cluster":
        return this.#clusterStored(record as ClusterRecord);
      case "shard":
        return this.#shardStored(key, record as ShardRecord | undefined);
      case "node":
        return this.#nodeStored(key, record as NodeRecord);
      case "tombstone":
        if (record === undefined) this.#tombstones.delete(key);
        else this.#tombstones.set(key, record as TombstoneRecord);
    }
  }

  /** Shards that are not on their way out, as stored last. */
  get shards(): readonly ShardRecord[] {
    return [...this.#shards.values()].filter(({ state }) => state !== "dropping");
  }

  /** Whether a shard's records are gone for good. */
  isDropped(shardId: string): boolean {
    return this.#dropped.has(shardId);
  }

  /** The node that was last started at an address. */
  nodeAt(address: string): NodeRecord | undefined {
    return this.#nodes.get(this.#nodeAt.get(address) ?? "");
  }

  /** Whether the node still has to hear that a replica of it is to go. */
  hasTombstones(nodeId: string): boolean {
    return [...this.#tombstones.values()].some((tombstone) => tombstone.nodeId === nodeId);
  }

  /** Whether the set of a shard is being changed, or a shard is on its way out. */
  get hasMoves(): boolean {
    return [...this.#shards.values()].some(({ pending, state }) => pending !== undefined || state === "dropping");
  }

  #clusterStored({ coordinatorTerm }: ClusterRecord): void {
    if (coordinatorTerm < this.#term) this.#onViolation(new Error(`term ${coordinatorTerm} follows ${this.#term}`));
    this.#term = coordinatorTerm;
  }

  #nodeStored(key: string, next: NodeRecord): void {
    const { nodeId, address, boot } = next;
    const before = this.#nodes.get(nodeId);
    this.#nodes.set(nodeId, next);
    if (before === undefined || before.boot < boot) this.#nodeAt.set(address, nodeId);
    if (before !== undefined && before.boot > boot)
      this.#onViolation(new Error(`metadata of ${key}: boot ${boot} follows ${before.boot}`));
    if (before?.duty === "decommissioned" && next.duty !== "decommissioned")
      this.#onViolation(new Error(`metadata of ${key}: it came back after it was decommissioned`));
  }

  #requireElected({ host, process }: EtcdCaller, commit: string | undefined): void {
    const elected = this.#elected;
    const isOfElection = commit === undefined || commit.startsWith(`${elected?.commitBase}/`);
    if (elected?.process === process && isOfElection) return;
    this.#onViolation(new Error(`${host} wrote ${commit ?? "a part"} after ${elected?.commitBase} was elected`));
  }

  #shardStored(key: string, next: ShardRecord | undefined): void {
    const before = this.#shards.get(key);
    if (next === undefined) return void this.#shards.delete(key);
    this.#shards.set(key, next);
    const shardId = formatShardId(next.shardIndex);
    if (next.state === "dropping" && !this.#dropped.has(shardId)) {
      this.#dropped.add(shardId);
      this.onDropped?.(shardId);
    }
    if (next.state === "closed" && before?.state !== "closed") this.onClosed?.(next);
    if (before === undefined) return;
    const say = (what: string): void => this.#onViolation(new Error(`metadata of ${key}: ${what}`));
    if (next.epoch < before.epoch) say(`epoch ${next.epoch} follows ${before.epoch}`);
    if (next.epoch === before.epoch && before.configState === "active") {
      if (next.configState !== "active") say(`epoch ${next.epoch} was in force and is ${next.configState}`);
      if (next.leader !== before.leader) say(`epoch ${next.epoch} has the leaders ${before.leader} and ${next.leader}`);
      if (uuidsOf(next) !== uuidsOf(before)) say(`the set changed within epoch ${next.epoch}`);
    }
    if (before.state === "closed" && next.state !== "closed" && next.state !== "dropping") {
      say(`it was closed and is ${next.state}`);
    }
    if (before.state === "closed" && next.endOffset !== before.endOffset) {
      say(`it ended at ${before.endOffset} and at ${next.endOffset}`);
    }
    const zones = new Set(next.set.map(({ nodeId }) => this.#nodes.get(nodeId)?.zone));
    if (zones.size !== next.set.length) say(`two copies lie in one zone: ${uuidsOf(next)}`);
  }
}

function uuidsOf({ set }: ShardRecord): string {
  return set
    .map(({ replicaUuid }) => replicaUuid)
    .toSorted()
    .join();
}
