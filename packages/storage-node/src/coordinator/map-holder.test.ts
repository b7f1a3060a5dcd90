import type { ClusterMapUpdate__Output } from "@millrace/rpc";
import { expect, test } from "vitest";
import { MapHolder } from "./map-holder.ts";

function update(version: number, change: Partial<ClusterMapUpdate__Output>): ClusterMapUpdate__Output {
  const none = { nodes: [], removedNodeIds: [], streams: [], removedStreamUids: [], shards: [], removedShardUids: [] };
  const rest = {
    consumers: [],
    removedConsumerArns: [],
    clusterId: "c",
    tokenKey: "",
    coordinatorMs: 0,
    protocolVersion: 0,
  };
  return { version, reset: false, ...none, ...rest, ...change };
}

const node = (nodeId: string, address: string): ClusterMapUpdate__Output["nodes"][number] => {
  return { nodeId, zone: "a", address, alive: true };
};

test("deltas change what they name; a gap changes nothing and asks for a snapshot", () => {
  const map = new MapHolder();
  expect(map.apply(update(7, { reset: true, nodes: [node("n1", "one"), node("n2", "two")] }))).toBe(true);
  expect(map.apply(update(8, { nodes: [node("n1", "moved")], removedNodeIds: ["n2"] }))).toBe(true);
  expect([map.addressOf("n1"), map.addressOf("n2")]).toEqual(["moved", undefined]);
  expect(map.apply(update(10, { removedNodeIds: ["n1"] }))).toBe(false);
  expect(map.addressOf("n1")).toBe("moved");
  expect(map.apply(update(8, { removedNodeIds: ["n1"] }))).toBe(true);
  expect(map.addressOf("n1")).toBe("moved");
  expect(map.apply(update(3, { reset: true, nodes: [node("n3", "three")] }))).toBe(true);
  expect([map.version, map.addressOf("n1"), map.addressOf("n3")]).toEqual([3, undefined, "three"]);
});
