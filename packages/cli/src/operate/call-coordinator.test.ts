import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeView } from "@millrace/coordinator";
import { temporaryDirectory } from "@millrace/testkit";
import { expect, test } from "vitest";
import { callCoordinator, findNode, namedNode, withNames } from "./call-coordinator.ts";
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
  namesById: new Map([["cccc4444", "node-4"]]),
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

test("a node that does not run has the name of its directory", () => {
  const stopped = [...nodes, node("cccc4444", "h:3", false)];
  expect(findNode(cluster, stopped, "node-4").nodeId).toBe("cccc4444");
  expect(withNames(cluster, stopped, "node cccc4444 is dead: decommission cccc4444")).toBe(
    "node-4 is dead: decommission node-4",
  );
  expect(namedNode(cluster, node("cccc4444", "h:3", false))).toMatchObject({ name: "node-4", nodeId: "cccc4444" });
  expect(namedNode(cluster, node("dddd5555", "h:4", false))).not.toHaveProperty("name");
});

test("a cluster of `millrace up` that does not answer is named with the command that starts it", async () => {
  const directory = temporaryDirectory();
  try {
    const recorded = { coordinator: { pid: 1, startTicks: 1, endpoint: "127.0.0.1:1" } };
    writeFileSync(join(directory.path, "processes.json"), JSON.stringify(recorded));
    const silent = findCluster({ dataDir: directory.path, json: false });
    await expect(callCoordinator(silent, "cluster.status", {})).rejects.toThrow(
      `does not answer; if it does not run, start it: npx millrace up --data-dir ${directory.path}`,
    );
  } finally {
    directory.remove();
  }
});

test("a coordinator is an address", () => {
  const options = { dataDir: "/nowhere", json: false };
  expect(findCluster({ ...options, coordinator: "a:1,b.c:22" }).coordinators).toEqual(["a:1", "b.c:22"]);
  for (const coordinator of ["nonsense", "a:1,b", "http://a:1"]) {
    expect(() => findCluster({ ...options, coordinator })).toThrow("a coordinator is named as host:port, not");
  }
});
