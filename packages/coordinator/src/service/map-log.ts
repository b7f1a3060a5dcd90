/**
 * The cluster map as watchers get it: a snapshot on demand and a bounded log of the last deltas. Changes of one turn
 * become one delta. A watcher that fell behind the log gets a snapshot, so slow watchers cost no memory.
 */
import type { ClusterMapUpdate } from "@millrace/model";
import type { StateChange } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import { finalizedVersion } from "../operate/finalize-version.ts";
import { consumerEntry, nodeEntry, shardEntry, streamEntry } from "./map-entry.ts";

/** Deltas kept, and entries in them altogether, before the oldest are forgotten. */
const DELTAS_MAX = 1_000;
const ENTRIES_MAX = 50_000;

/** What the map needs to know beside the tables. */
export interface MapSources {
  readonly tables: ClusterTables;
  readonly isUp: (nodeId: string) => boolean;
  readonly nowMs: () => number;
}

interface Dirty {
  readonly nodes: Set<string>;
  readonly streams: Set<number>;
  readonly shards: Set<number>;
  readonly consumers: Set<string>;
}

/** See the file comment. */
export class MapLog {
  readonly #sources: MapSources;
  #version: number;
  #deltas: { readonly update: ClusterMapUpdate; readonly entryCount: number }[] = [];
  #entryCount = 0;
  #protocolVersion: number;
  #dirty: Dirty = emptyDirty();

  constructor(sources: MapSources) {
    this.#sources = sources;
    this.#version = sources.tables.cluster.mapVersion;
    this.#protocolVersion = finalizedVersion(sources.tables.cluster);
  }

  /** Version of the newest published update. */
  get version(): number {
    return this.#version;
  }

  /** Notes what changed; {@link flush} publishes it. */
  note(changes: readonly StateChange[]): void {
    for (const change of changes) {
      if (change.table === "node") this.#dirty.nodes.add(change.key);
      else if (change.table === "stream") this.#dirty.streams.add(change.key);
      else if (change.table === "shard") this.#dirty.shards.add(change.key);
      else if (change.table === "consumer") this.#dirty.consumers.add(change.key);
    }
  }

  /** Notes that a node died or came back. */
  noteLiveness(nodeId: string): void {
    this.#dirty.nodes.add(nodeId);
  }

  /** Publishes what was noted as one delta. False when there was nothing. */
  flush(): boolean {
    const dirty = this.#dirty;
    const entryCount = dirty.nodes.size + dirty.streams.size + dirty.shards.size + dirty.consumers.size;
    const protocolVersion = finalizedVersion(this.#sources.tables.cluster);
    if (entryCount === 0 && protocolVersion === this.#protocolVersion) return false;
    this.#protocolVersion = protocolVersion;
    this.#dirty = emptyDirty();
    this.#version += 1;
    this.#deltas.push({ update: this.#update(dirty, false), entryCount });
    this.#entryCount += entryCount;
    while (this.#deltas.length > DELTAS_MAX || (this.#entryCount > ENTRIES_MAX && this.#deltas.length > 1)) {
      this.#entryCount -= this.#deltas.shift()?.entryCount ?? 0;
    }
    return true;
  }

  /** Everything after `haveVersion`, oldest first: the missing deltas, or one snapshot when they are not all kept. */
  since(haveVersion: number): readonly ClusterMapUpdate[] {
    if (haveVersion === this.#version) return [];
    const oldest = this.#deltas[0]?.update.version;
    const isKept = oldest !== undefined && haveVersion >= oldest - 1 && haveVersion < this.#version;
    if (!isKept) return [this.snapshot()];
    return this.#deltas.slice(haveVersion - oldest + 1).map(({ update }) => update);
  }

  /** The whole map as of the newest version. */
  snapshot(): ClusterMapUpdate {
    const { tables } = this.#sources;
    const all: Dirty = {
      nodes: new Set(tables.nodes.keys()),
      streams: new Set(tables.streams.keys()),
      shards: new Set(tables.shards.keys()),
      consumers: new Set(tables.consumers.keys()),
    };
    return this.#update(all, true);
  }

  #update(keys: Dirty, reset: boolean): ClusterMapUpdate {
    const { tables, isUp, nowMs } = this.#sources;
    const nodes = resolve(keys.nodes, (id) => {
      const node = tables.nodes.get(id);
      return node && nodeEntry(node, isUp(id));
    });
    const streams = resolve(keys.streams, (uid) => {
      const stream = tables.streams.get(uid);
      return stream && streamEntry(stream);
    });
    const shards = resolve(keys.shards, (uid) => {
      const shard = tables.shards.get(uid);
      return shard && shardEntry(shard);
    });
    const consumers = resolve(keys.consumers, (arn) => {
      const consumer = tables.consumers.get(arn);
      return consumer && consumerEntry(consumer);
    });
    return {
      version: this.#version,
      reset,
      clusterId: tables.cluster.clusterId,
      tokenKey: tables.cluster.tokenKey,
      coordinatorMs: nowMs(),
      protocolVersion: finalizedVersion(tables.cluster),
      nodes: nodes.entries,
      removedNodeIds: reset ? [] : nodes.removed,
      streams: streams.entries,
      removedStreamUids: reset ? [] : streams.removed,
      shards: shards.entries,
      removedShardUids: reset ? [] : shards.removed,
      consumers: consumers.entries,
      removedConsumerArns: reset ? [] : consumers.removed,
    };
  }
}

function emptyDirty(): Dirty {
  return { nodes: new Set(), streams: new Set(), shards: new Set(), consumers: new Set() };
}

function resolve<K, E>(keys: ReadonlySet<K>, entryOf: (key: K) => E | undefined): { entries: E[]; removed: K[] } {
  const entries: E[] = [];
  const removed: K[] = [];
  for (const key of keys) {
    const entry = entryOf(key);
    if (entry === undefined) removed.push(key);
    else entries.push(entry);
  }
  return { entries, removed };
}
