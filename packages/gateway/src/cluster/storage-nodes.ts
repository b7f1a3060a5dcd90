/** Connections to the storage nodes of the map: opened at first use, closed when the map no longer lists the node. */
import type { Clock } from "@millrace/base";
import { storageClient } from "@millrace/rpc";
import { AppendChannel } from "./append-channel.ts";
import type { ClusterMap } from "./cluster-map.ts";

type StorageClient = ReturnType<typeof storageClient>;

/** One storage node. Appends have a connection of their own: large reads must not delay them. */
export interface NodeConnection {
  readonly address: string;
  readonly appends: AppendChannel;
  readonly reads: StorageClient;
}

interface OwnedConnection extends NodeConnection {
  close(): void;
}

/** See the file comment. */
export class StorageNodes {
  readonly #map: ClusterMap;
  readonly #clock: Clock;
  #leadersVersion = 0;
  readonly #connections = new Map<string, OwnedConnection>();

  constructor(map: ClusterMap, clock: Clock) {
    this.#map = map;
    this.#clock = clock;
    map.onChange(() => {
      this.#forgetRemoved();
      this.#abandonMoved();
    });
  }

  /** The connection to a node, or undefined when the map does not know it. */
  get(nodeId: string): NodeConnection | undefined {
    const entry = this.#map.nodes.get(nodeId);
    if (entry === undefined) return undefined;
    const known = this.#connections.get(nodeId);
    if (known !== undefined && known.address === entry.address) return known;
    known?.close();
    const connection = this.#connect(entry.address);
    this.#connections.set(nodeId, connection);
    return connection;
  }

  /** Appends waiting for any node. */
  get depth(): number {
    let depth = 0;
    for (const { appends } of this.#connections.values()) depth += appends.depth;
    return depth;
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #connect(address: string): OwnedConnection {
    const writes = storageClient(address);
    const reads = storageClient(address);
    const appends = new AppendChannel(writes, this.#clock);
    return {
      address,
      appends,
      reads,
      close: () => {
        appends.close();
        writes.close();
        reads.close();
      },
    };
  }

  /** A leader that is hung answers nothing any more: what it was sent goes to the one the map names now. */
  #abandonMoved(): void {
    if (this.#leadersVersion === this.#map.leadersVersion) return;
    this.#leadersVersion = this.#map.leadersVersion;
    for (const [nodeId, { appends }] of this.#connections) {
      appends.abandon((shardUid) => this.#map.shardOfUid(shardUid)?.shard.leader !== nodeId);
    }
  }

  #forgetRemoved(): void {
    for (const [nodeId, connection] of this.#connections) {
      const entry = this.#map.nodes.get(nodeId);
      if (entry !== undefined && entry.address === connection.address) continue;
      connection.close();
      this.#connections.delete(nodeId);
    }
  }
}
