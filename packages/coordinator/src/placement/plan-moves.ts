/**
 * Which replicas should move where: away from nodes that are leaving or dead for long, then from the fullest nodes to the
 * emptiest. Every move is legal by itself (one copy a zone) and brings the goal nearer, so the least is moved. Pure: the
 * same cluster always gives the same plan.
 */
import type { ReplicaPlace, SetChange, ShardRecord } from "../state/cluster-state.ts";

/** A node as the plan sees it. */
export interface MoveNode {
  readonly nodeId: string;
  readonly zone: string;
  /** Alive, with space, and not about to leave: may get replicas. */
  readonly takes: boolean;
  /** Why its replicas must go; undefined when they may stay. */
  readonly leaves: "decommission" | "replacement" | undefined;
}

/** What the plan is made from. */
export interface MoveSource {
  readonly nodes: readonly MoveNode[];
  shardsOn(nodeId: string): Iterable<ShardRecord>;
  /** Replicas on the node once everything under way is done. */
  countOn(nodeId: string): number;
  /** The node still holds a retired replica of the shard and can take no other. */
  readonly isOccupied: (nodeId: string, shardUid: number) => boolean;
}

/** One replica to be replaced by a new one on another node. */
export interface PlannedMove {
  readonly shardUid: number;
  readonly remove: ReplicaPlace;
  readonly to: { readonly nodeId: string; readonly zone: string };
  readonly why: SetChange["why"];
}

/** What should move now, and what should but cannot. */
export interface MovePlan {
  readonly moves: readonly PlannedMove[];
  /** By zone of the copy that has nowhere to go: how many. */
  readonly stuck: ReadonlyMap<string, number>;
}

/** Plans at most `countMax` moves. Shards with a change under way, or not settled, are left alone. */
export function planMoves(source: MoveSource, countMax: number, balance: boolean): MovePlan {
  const plan = new Plan(source, countMax);
  for (const node of source.nodes) if (node.leaves !== undefined) plan.empty(node, node.leaves);
  // Balance waits: a node that is being emptied changes every count.
  if (balance && source.nodes.every((node) => node.leaves === undefined || plan.countOf(node) === 0)) plan.level();
  return { moves: plan.moves, stuck: plan.stuck };
}

/** Nodes that could take the place of `remove` in the shard's set, the emptiest first. */
export function candidates(
  source: MoveSource,
  { set, shardUid }: ShardRecord,
  remove: ReplicaPlace,
  countOf: (node: MoveNode) => number,
): MoveNode[] {
  const stay = set.filter((member) => member.replicaUuid !== remove.replicaUuid);
  const isFree = ({ nodeId, zone }: MoveNode): boolean =>
    nodeId !== remove.nodeId && stay.every((member) => member.nodeId !== nodeId && member.zone !== zone);
  return source.nodes
    .filter((node) => node.takes && isFree(node) && !source.isOccupied(node.nodeId, shardUid))
    .sort((a, b) => countOf(a) - countOf(b) || (a.nodeId < b.nodeId ? -1 : 1));
}

class Plan {
  readonly moves: PlannedMove[] = [];
  readonly stuck: Map<string, number> = new Map();
  readonly #source: MoveSource;
  readonly #countMax: number;
  readonly #counts = new Map<string, number>();
  readonly #moved = new Set<number>();

  constructor(source: MoveSource, countMax: number) {
    this.#source = source;
    this.#countMax = countMax;
    for (const { nodeId } of source.nodes) this.#counts.set(nodeId, source.countOn(nodeId));
  }

  /** Replicas on the node once everything under way and planned is done. */
  readonly countOf = ({ nodeId }: MoveNode): number => this.#counts.get(nodeId) ?? 0;

  /** Moves everything away from the node. */
  empty(node: MoveNode, why: PlannedMove["why"]): void {
    for (const shard of this.#source.shardsOn(node.nodeId)) {
      const remove = this.#movable(shard, node.nodeId);
      if (remove === undefined) continue;
      const [to] = candidates(this.#source, shard, remove, this.countOf);
      if (to === undefined) this.stuck.set(node.zone, (this.stuck.get(node.zone) ?? 0) + 1);
      else if (this.moves.length < this.#countMax) this.#plan({ shardUid: shard.shardUid, remove, to, why });
    }
  }

  /** Moves from full to empty nodes as long as that makes them more alike. */
  level(): void {
    const full = this.#source.nodes.filter((node) => node.takes).sort((a, b) => this.countOf(b) - this.countOf(a));
    const least = Math.min(...full.map(this.countOf));
    for (const from of full) {
      // Looking at every shard of an even cluster again and again would cost more than it is worth.
      if (this.countOf(from) - least < 2) return;
      for (const shard of this.#source.shardsOn(from.nodeId)) {
        if (this.moves.length >= this.#countMax) return;
        const remove = this.#movable(shard, from.nodeId);
        if (remove === undefined) continue;
        const [to] = candidates(this.#source, shard, remove, this.countOf);
        if (to === undefined || this.countOf(from) - this.countOf(to) < 2) continue;
        this.#plan({ shardUid: shard.shardUid, remove, to, why: "rebalance" });
      }
    }
  }

  #movable({ set, state, pending, configState, shardUid }: ShardRecord, nodeId: string): ReplicaPlace | undefined {
    const isSettled = (state === "open" || state === "closed") && configState === "active";
    if (!isSettled || pending !== undefined || set.length === 1 || this.#moved.has(shardUid)) return undefined;
    return set.find((member) => member.nodeId === nodeId);
  }

  #plan(move: PlannedMove): void {
    const { nodeId, zone } = move.to;
    this.moves.push({ ...move, to: { nodeId, zone } });
    this.#moved.add(move.shardUid);
    this.#add(move.remove.nodeId, -1);
    this.#add(nodeId, 1);
  }

  #add(nodeId: string, count: number): void {
    this.#counts.set(nodeId, (this.#counts.get(nodeId) ?? 0) + count);
  }
}
