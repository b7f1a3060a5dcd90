/**
 * Which shards should be led by another of their members: all that are led by a node that should lead nothing, then, one
 * at a time from the busiest to the idlest, until no move makes two nodes more alike. Pure.
 */
import type { ShardRecord } from "../state/cluster-state.ts";

/** A node as the plan sees it. */
export interface LeadingNode {
  readonly nodeId: string;
  /** Alive, and neither draining nor stopping. */
  readonly mayLead: boolean;
  /** Has been well for a while: leaders move to it for the sake of balance. */
  readonly settled: boolean;
}

/** What the plan is made from. */
export interface LeaderSource {
  readonly nodes: readonly LeadingNode[];
  /** Shards with an open leader on the node and nothing under way. */
  ledBy(nodeId: string): Iterable<ShardRecord>;
  leaderCount(nodeId: string): number;
  /** Whether the member holds (nearly) all of the shard's log. */
  readonly isLevel: (record: ShardRecord, nodeId: string) => boolean;
}

/** One leadership to hand over. */
export interface PlannedLeader {
  readonly shardUid: number;
  readonly epoch: number;
  readonly to: string;
}

/** Away from nodes that should lead nothing. */
export function planEvacuation(source: LeaderSource, countMax: number): PlannedLeader[] {
  const plan = new LeaderPlan(source, (node) => node.mayLead, countMax);
  for (const node of source.nodes) {
    if (!node.mayLead) for (const shard of source.ledBy(node.nodeId)) plan.move(shard, Infinity);
  }
  return plan.moves;
}

/** Between nodes that may lead, while the busiest leads at least two more than another member could. */
export function planLeaderBalance(source: LeaderSource, countMax: number): PlannedLeader[] {
  const plan = new LeaderPlan(source, (node) => node.mayLead && node.settled, countMax);
  const busiest = source.nodes
    .filter((node) => node.mayLead)
    .sort((a, b) => source.leaderCount(b.nodeId) - source.leaderCount(a.nodeId));
  const idlest = Math.min(...busiest.filter(({ settled }) => settled).map(({ nodeId }) => source.leaderCount(nodeId)));
  for (const { nodeId } of busiest) {
    // Looking at every shard of an even cluster again and again would cost more than it is worth.
    if (source.leaderCount(nodeId) - idlest < 2) break;
    for (const shard of source.ledBy(nodeId)) plan.move(shard, plan.countOf(nodeId) - 1);
  }
  return plan.moves;
}

class LeaderPlan {
  readonly moves: PlannedLeader[] = [];
  readonly #source: LeaderSource;
  readonly #targets: ReadonlySet<string>;
  readonly #countMax: number;
  readonly #counts = new Map<string, number>();

  constructor(source: LeaderSource, isTarget: (node: LeadingNode) => boolean, countMax: number) {
    this.#source = source;
    this.#targets = new Set(source.nodes.filter(isTarget).map(({ nodeId }) => nodeId));
    this.#countMax = countMax;
  }

  countOf(nodeId: string): number {
    return this.#counts.get(nodeId) ?? this.#source.leaderCount(nodeId);
  }

  /** Moves to the idlest member that is level and leads fewer than `below` shards, if there is one. */
  move(shard: ShardRecord, below: number): void {
    if (this.moves.length >= this.#countMax) return;
    const { shardUid, epoch, leader } = shard;
    const [to] = shard.set
      .map(({ nodeId }) => nodeId)
      .filter((nodeId) => nodeId !== leader && this.#targets.has(nodeId) && this.countOf(nodeId) < below)
      .filter((nodeId) => this.#source.isLevel(shard, nodeId))
      .sort((a, b) => this.countOf(a) - this.countOf(b) || (a < b ? -1 : 1));
    if (to === undefined) return;
    this.moves.push({ shardUid, epoch, to });
    this.#counts.set(leader, this.countOf(leader) - 1);
    this.#counts.set(to, this.countOf(to) + 1);
  }
}
