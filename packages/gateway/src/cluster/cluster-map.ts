/**
 * The gateway's copy of the cluster map. It is kept for ever: puts and gets go on with the last one while the
 * coordinator is away. Size is bounded by what the coordinator lets exist.
 */
import type { Clock, TimerHandle } from "@millrace/base";
import type { ClusterMapUpdate, ConsumerEntry, NodeEntry, ShardEntry } from "@millrace/model";
import { StreamView, type ShardView } from "./stream-view.ts";

interface Waiter {
  readonly condition: () => boolean;
  readonly resolve: (met: boolean) => void;
  readonly timer: TimerHandle;
}

/** See the file comment. */
export class ClusterMap {
  readonly #clock: Clock;
  #version = 0;
  #protocolVersion = 1;
  #leadersVersion = 0;
  #ready = false;
  #tokenKey: Buffer = Buffer.alloc(0);
  #nodes = new Map<string, NodeEntry>();
  #streams = new Map<number, StreamView>();
  #streamsByName = new Map<string, StreamView>();
  #shards = new Map<number, { readonly stream: StreamView; readonly shard: ShardView }>();
  #consumers = new Map<string, ConsumerEntry>();
  readonly #waiters = new Set<Waiter>();
  readonly #listeners: (() => void)[] = [];
  readonly #goneListeners: ((name: string) => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True once a snapshot has arrived. */
  get ready(): boolean {
    return this.#ready;
  }

  get version(): number {
    return this.#version;
  }

  /** Finalised for the cluster: what is new in it may be used. */
  get protocolVersion(): number {
    return this.#protocolVersion;
  }

  /** Grows with every change that may have given a shard another leader. */
  get leadersVersion(): number {
    return this.#leadersVersion;
  }

  /** 32 bytes that authenticate iterators; empty before the first snapshot. */
  get tokenKey(): Buffer {
    return this.#tokenKey;
  }

  get nodes(): ReadonlyMap<string, NodeEntry> {
    return this.#nodes;
  }

  /** The stream of this name, whatever its state. */
  stream(accountId: string, region: string, name: string): StreamView | undefined {
    return this.#streamsByName.get(`${accountId}/${region}/${name}`);
  }

  streamOfUid(streamUid: number): StreamView | undefined {
    return this.#streams.get(streamUid);
  }

  /** The shard with its newest leader, or undefined once its data is gone. */
  shardOfUid(shardUid: number): { readonly stream: StreamView; readonly shard: ShardView } | undefined {
    return this.#shards.get(shardUid);
  }

  consumer(consumerArn: string): ConsumerEntry | undefined {
    return this.#consumers.get(consumerArn);
  }

  /** Calls `listener` after every update, for as long as the map lives. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Calls `listener` with the name of every stream that is deleted and not there again. */
  onStreamGone(listener: (name: string) => void): void {
    this.#goneListeners.push(listener);
  }

  /** False when the update does not continue what is held: the watcher then asks for a snapshot. */
  apply(update: ClusterMapUpdate): boolean {
    if (!update.reset && update.version !== this.#version + 1) return false;
    const before = update.reset ? [...this.#streamsByName] : [];
    if (update.reset) this.#clear();
    if (update.reset || update.removedShardUids.length > 0) this.#leadersVersion += 1;
    this.#version = update.version;
    this.#protocolVersion = Math.max(1, update.protocolVersion);
    if (update.tokenKey !== "") this.#tokenKey = Buffer.from(update.tokenKey, "hex");
    for (const node of update.nodes) this.#nodes.set(node.nodeId, node);
    for (const nodeId of update.removedNodeIds) this.#nodes.delete(nodeId);
    for (const entry of update.streams) this.#putStream(entry);
    for (const entry of update.shards) this.#putShard(entry);
    for (const shardUid of update.removedShardUids) this.#removeShard(shardUid);
    for (const streamUid of update.removedStreamUids) this.#removeStream(streamUid);
    for (const consumer of update.consumers) this.#consumers.set(consumer.consumerArn, consumer);
    for (const arn of update.removedConsumerArns) this.#consumers.delete(arn);
    for (const [key, { entry }] of before) if (!this.#streamsByName.has(key)) this.#streamGone(entry.name);
    this.#ready = true;
    this.#announce();
    return true;
  }

  /** Resolves true as soon as `condition` holds, at once or after an update; false after `timeoutMs`. */
  waitFor(timeoutMs: number, condition: () => boolean): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(timeoutMs, () => {
        this.#waiters.delete(waiter);
        resolve(false);
      });
      const waiter: Waiter = { condition, resolve, timer };
      this.#waiters.add(waiter);
    });
  }

  #announce(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.condition()) continue;
      this.#waiters.delete(waiter);
      waiter.timer.cancel();
      waiter.resolve(true);
    }
    for (const listener of this.#listeners) listener();
  }

  #clear(): void {
    this.#nodes = new Map();
    this.#streams = new Map();
    this.#streamsByName = new Map();
    this.#shards = new Map();
    this.#consumers = new Map();
  }

  #putStream(entry: StreamView["entry"]): void {
    const known = this.#streams.get(entry.streamUid);
    if (known !== undefined) {
      known.entry = entry;
      return;
    }
    const view = new StreamView(entry);
    this.#streams.set(entry.streamUid, view);
    this.#streamsByName.set(`${entry.accountId}/${entry.region}/${entry.name}`, view);
  }

  #putShard(entry: ShardEntry): void {
    const stream = this.#streams.get(entry.streamUid);
    if (this.#shards.get(entry.shardUid)?.shard.leader !== entry.leader) this.#leadersVersion += 1;
    if (stream !== undefined)
      this.#shards.set(entry.shardUid, { stream, shard: stream.put(entry, this.#clock.monotonicMs()) });
  }

  #removeShard(shardUid: number): void {
    const known = this.#shards.get(shardUid);
    known?.stream.remove(known.shard.entry.shardIndex);
    this.#shards.delete(shardUid);
  }

  #removeStream(streamUid: number): void {
    const known = this.#streams.get(streamUid);
    if (known === undefined) return;
    const { accountId, region, name } = known.entry;
    const key = `${accountId}/${region}/${name}`;
    this.#streams.delete(streamUid);
    // A stream created again under the name may already be there.
    if (this.#streamsByName.get(key) !== known) return;
    this.#streamsByName.delete(key);
    this.#streamGone(name);
  }

  #streamGone(name: string): void {
    for (const listener of this.#goneListeners) listener(name);
  }
}
