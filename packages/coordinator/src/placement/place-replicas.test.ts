import fc from "fast-check";
import { expect, test } from "vitest";
import { placeReplicas, type PlacementNode } from "./place-replicas.ts";

const nodesOf = fc.uniqueArray(
  fc.record({
    nodeId: fc.string({ minLength: 1, maxLength: 3 }),
    zone: fc.constantFrom("a", "b", "c", "d"),
    replicaCount: fc.nat(20),
    leaderCount: fc.nat(20),
  }),
  { selector: (node) => node.nodeId, maxLength: 12 },
);

test("copies lie in distinct zones, the leader is one of them, the order of nodes does not matter", () => {
  fc.assert(
    fc.property(nodesOf, fc.constantFrom(1, 2, 3), fc.integer({ min: 1, max: 20 }), (nodes, factor, count) => {
      const placements = placeReplicas(nodes, factor, count);
      const zoneCount = new Set(nodes.map((node) => node.zone)).size;
      expect(placements === undefined).toBe(zoneCount < factor);
      for (const { members, leader } of placements ?? []) {
        expect(new Set(members.map((member) => member.zone)).size).toBe(factor);
        expect(members.map((member) => member.nodeId)).toContain(leader);
      }
      expect(placeReplicas(nodes.toReversed(), factor, count)).toEqual(placements);
    }),
  );
});

test("empty nodes in equal zones fill evenly with replicas and leaders", () => {
  const shape = fc.record({ zones: fc.integer({ min: 3, max: 5 }), perZone: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(shape, fc.integer({ min: 1, max: 200 }), ({ zones, perZone }, count) => {
      const nodes: PlacementNode[] = Array.from({ length: zones * perZone }, (_, index) => ({
        nodeId: `n${index}`,
        zone: `z${index % zones}`,
        replicaCount: 0,
        leaderCount: 0,
      }));
      const replicas = new Map(nodes.map((node) => [node.nodeId, 0]));
      for (const { members } of placeReplicas(nodes, 3, count) ?? []) {
        for (const { nodeId } of members) replicas.set(nodeId, (replicas.get(nodeId) ?? 0) + 1);
      }
      expect(Math.max(...replicas.values()) - Math.min(...replicas.values())).toBeLessThanOrEqual(1);
    }),
  );
});

test("leaders of three nodes differ by at most one", () => {
  const nodes = ["a", "b", "c"].map((name) => ({ nodeId: name, zone: name, replicaCount: 0, leaderCount: 0 }));
  const leaders = (placeReplicas(nodes, 3, 8) ?? []).map((placement) => placement.leader);
  expect(leaders).toEqual(["a", "b", "c", "a", "b", "c", "a", "b"]);
});
