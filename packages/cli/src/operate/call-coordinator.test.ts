import type { NodeView } from "@millrace/coordinator";
import { expect, test } from "vitest";
import { findNode, withNames } from "./call-coordinator.ts";
import { findCluster } from "./find-coordinator.ts";

function node(nodeId: string, address: string, alive = true): NodeView {
  const figures = { leaders: 0, replicas: 0, arriving: 0, leaving: 0, deadForMs: 0, storeBytes: 0, diskFreeBytes: 0 };
  const state = { zone: "a", duty: "member", stopping: false, belowDiskFloor: false, protocolVersionMax: 2 } as const;
  return { nodeId, address, alive, ...state, ...figures };
}

const nodes = [node("aaaa1111", "h:1"), node("bbbb2222", "h:2", false), node("bbbb3333", "h:2")];
const cluster = {
  coordinators: ["h:9"],
  names: new Map([
    ["h:1", "node-1"],
    ["h:2", "node-2"],
  ]),
};

test("a node is found by name, address, id and the beginning of its id; the living one of two at an address", () => {
  for (const text of ["node-2", "h:2", "bbbb3333"]) expect(findNode(cluster, nodes, text).nodeId).toBe("bbbb3333");
  expect(findNode(cluster, nodes, "aaaa").nodeId).toBe("aaaa1111");
});

test("what names no node or several is refused, with those there are", () => {
  expect(() => findNode(cluster, nodes, "node-7")).toThrow(
    "there is no node node-7; there are bbbb2222, node-1, node-2",
  );
  expect(() => findNode(cluster, nodes, "bbbb")).toThrow("bbbb means several nodes: bbbb2222, bbbb3333");
  expect(() => findNode(cluster, [], "x")).toThrow("there is no node x; there are none yet");
});

test("sentences about nodes name them as the operator does, where they have names", () => {
  expect(withNames(cluster, nodes, "node aaaa1111 lacks what bbbb3333 has")).toBe("node-1 lacks what node-2 has");
});

test("a coordinator is an address", () => {
  const options = { dataDir: "/nowhere", json: false };
  expect(findCluster({ ...options, coordinator: "a:1,b.c:22" }).coordinators).toEqual(["a:1", "b.c:22"]);
  for (const coordinator of ["nonsense", "a:1,b", "http://a:1"]) {
    expect(() => findCluster({ ...options, coordinator })).toThrow("a coordinator is named as host:port, not");
  }
});
