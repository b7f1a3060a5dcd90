/** Shards told to open on a node and not yet active: they count as led when leaders are spread. */
export class PendingLeaders {
  readonly #leaderOf = new Map<number, string>();
  readonly #counts = new Map<string, number>();

  /** Replaces what was pending for the shard. */
  add(shardUid: number, nodeId: string): void {
    this.remove(shardUid);
    this.#leaderOf.set(shardUid, nodeId);
    this.#counts.set(nodeId, this.countOf(nodeId) + 1);
  }

  remove(shardUid: number): void {
    const nodeId = this.#leaderOf.get(shardUid);
    if (nodeId === undefined) return;
    this.#leaderOf.delete(shardUid);
    this.#counts.set(nodeId, this.countOf(nodeId) - 1);
  }

  countOf(nodeId: string): number {
    return this.#counts.get(nodeId) ?? 0;
  }
}
