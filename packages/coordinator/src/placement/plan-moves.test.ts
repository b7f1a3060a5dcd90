import fc from "fast-check";
import { expect, test } from "vitest";
import { shardRecord } from "../epoch/testing/epoch-lab.ts";
import { beginSetChange, changedSet } from "../epoch/change-configuration.ts";
import type { ShardRecord } from "../state/cluster-state.ts";
import { planMoves, type MoveNode, type MovePlan } from "./plan-moves.ts";

/** Nodes named by zone and number; shards by the nodes that hold them. */
class Layout {
  readonly nodes: Map<string, MoveNode>;
  readonly shards: Map<number, ShardRecord> = new Map();

  constructor(nodeIds: readonly string[], sets: readonly (readonly string[])[]) {
    const node = (nodeId: string): MoveNode => ({ nodeId, zone: nodeId.slice(0, 1), takes: true, leaves: undefined });
    this.nodes = new Map(nodeIds.map((nodeId) => [nodeId, node(nodeId)]));
    sets.forEach((set, index) => {
      const places = set.map((nodeId) => ({ nodeId, zone: nodeId.slice(0, 1), replicaUuid: `${nodeId}-${index}` }));
      const active = { state: "open", configState: "active", epoch: 1 } as const;
      this.shards.set(index, shardRecord({ shardUid: index, leader: places[0]?.nodeId ?? "", set: places, ...active }));
    });
  }

  leave(nodeId: string, leaves: MoveNode["leaves"]): void {
    const node = this.nodes.get(nodeId);
    if (node !== undefined) this.nodes.set(nodeId, { ...node, takes: false, leaves });
  }

  plan(countMax = 100, balance = true): MovePlan {
    const shardsOn = (nodeId: string): ShardRecord[] =>
      [...this.shards.values()].filter(({ set }) => set.some((member) => member.nodeId === nodeId));
    const countOn = (nodeId: string): number => shardsOn(nodeId).length;
    return planMoves(
      { nodes: [...this.nodes.values()], shardsOn, countOn, isOccupied: () => false },
      countMax,
      balance,
    );
  }

  /** Carries the moves out, each of which must be a legal set change. */
  apply(plan: MovePlan): number {
    for (const { shardUid, remove, to, why } of plan.moves) {
      const record = this.shards.get(shardUid);
      const change = { add: { ...to, replicaUuid: `${to.nodeId}-${shardUid}` }, remove, why };
      expect(beginSetChange(record, change)).toBeDefined();
      if (record !== undefined) this.shards.set(shardUid, { ...record, set: changedSet(record.set, change) });
    }
    return plan.moves.length;
  }

  counts(): Record<string, number> {
    const counts = Object.fromEntries([...this.nodes.keys()].map((nodeId) => [nodeId, 0]));
    for (const { set } of this.shards.values())
      for (const { nodeId } of set) counts[nodeId] = (counts[nodeId] ?? 0) + 1;
    return counts;
  }
}

const six = Array.from({ length: 6 }, () => ["a1", "b1", "c1"]);

test("a new node takes half of what its zone holds, and nothing else moves", () => {
  const layout = new Layout(["a1", "b1", "c1", "a2"], six);
  expect(layout.apply(layout.plan())).toBe(3);
  expect(layout.counts()).toEqual({ a1: 3, b1: 6, c1: 6, a2: 3 });
  expect(layout.plan().moves).toEqual([]);
});

test("with balance off a new node waits for new shards", () => {
  expect(new Layout(["a1", "b1", "c1", "a2"], six).plan(100, false).moves).toEqual([]);
});

test("a node that leaves is emptied, a bounded number at a time, before anything else moves", () => {
  const layout = new Layout(["a1", "b1", "c1", "a2", "b2"], six);
  layout.leave("a1", "decommission");
  const plan = layout.plan(4);
  expect(plan.moves.map(({ remove, to, why }) => `${remove.nodeId} ${to.nodeId} ${why}`)).toEqual(
    Array.from({ length: 4 }, () => "a1 a2 decommission"),
  );
});

test("copies that no zone can take are named and stay", () => {
  const layout = new Layout(["a1", "b1", "c1"], six);
  layout.leave("b1", "replacement");
  expect(layout.plan()).toEqual({ moves: [], stuck: new Map([["b", 6]]) });
});

test("any layout comes to rest, every move legal, zones alike inside", () => {
  const zones = ["a", "b", "c", "d"];
  const nodes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 4 });
  fc.assert(
    fc.property(nodes, fc.array(fc.nat(1_000), { maxLength: 30 }), fc.nat(20), (perZone, seeds, leaving) => {
      const ids = perZone.flatMap((count, zone) => Array.from({ length: count }, (_, at) => `${zones[zone]}${at}`));
      const sets = seeds.map((seed) => {
        const skip = perZone.length === 4 ? seed % 4 : -1;
        return perZone.flatMap((count, zone) => (zone === skip ? [] : [`${zones[zone]}${seed % count}`]));
      });
      const layout = new Layout(ids, sets);
      const gone = ids[leaving];
      if (gone !== undefined) layout.leave(gone, "decommission");
      let moved = 0;
      for (let round = 0; round < 200; round += 1) {
        const count = layout.apply(layout.plan(5));
        if (count === 0) break;
        moved += count;
      }
      expect(layout.plan(5).moves).toEqual([]);
      expect(moved).toBeLessThanOrEqual(seeds.length * 3);
      if (gone !== undefined && layout.plan().stuck.size === 0) expect(layout.counts()[gone]).toBe(0);
    }),
  );
});
