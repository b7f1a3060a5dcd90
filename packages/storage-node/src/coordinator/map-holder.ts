/** The last cluster map this node was told, kept for ever: the data path works on it without a coordinator. */
import type { NodeEntry, ShardEntry, StreamEntry } from "@millrace/model";
import type { ClusterMapUpdate__Output } from "@millrace/rpc";

/** See the file comment. */
export class MapHolder {
  /** Called after every update that was applied. */
  onApplied: () => void = () => {};
  /** The version finalised for the cluster: nothing newer may be said or written. */
  protocolVersion = 1;
  #version = 0;
  readonly #nodes = new Map<string, NodeEntry>();
  readonly #streams = new Map<number, StreamEntry>();
  readonly #shards = new Map<number, ShardEntry>();

  /** 0 before the first snapshot. */
  get version(): number {
    return this.#version;
  }

  /** Applies a snapshot or the next delta. Answers false at a gap: the holder must ask for a new snapshot. */
  apply(update: ClusterMapUpdate__Output): boolean {
    if (!update.reset && update.version <= this.#version) return true;
    if (!update.reset && update.version !== this.#version + 1) return false;
    if (update.reset) {
      this.#nodes.clear();
      this.#streams.clear();
      this.#shards.clear();
    }
    this.#version = update.version;
    this.protocolVersion = Math.max(1, update.protocolVersion);
    for (const node of update.nodes) this.#nodes.set(node.nodeId, node);
    for (const nodeId of update.removedNodeIds) this.#nodes.delete(nodeId);
    for (const stream of update.streams) this.#streams.set(stream.streamUid, stream as StreamEntry);
    for (const uid of update.removedStreamUids) this.#streams.delete(uid);
    for (const shard of update.shards) this.#shards.set(shard.shardUid, shard as ShardEntry);
    for (const uid of update.removedShardUids) this.#shards.delete(uid);
    this.onApplied();
    return true;
  }

  addressOf(nodeId: string): string | undefined {
    return this.#nodes.get(nodeId)?.address;
  }

  /** Node id of the shard's leader as last heard, else empty. */
  leaderOf(shardUid: number): string {
    return this.#shards.get(shardUid)?.leader ?? "";
  }

  shard(shardUid: number): ShardEntry | undefined {
    return this.#shards.get(shardUid);
  }

  streamOf(shardUid: number): StreamEntry | undefined {
    const shard = this.#shards.get(shardUid);
    return shard && this.#streams.get(shard.streamUid);
  }
}
