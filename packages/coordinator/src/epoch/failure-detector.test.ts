import { beforeEach, expect, test } from "vitest";
import { FailureDetector } from "./failure-detector.ts";

let detector = new FailureDetector(0);
let nowMs = 0;

/** `count` nodes n1, n2 … are alive with open streams at time 0. */
function nodes(count: number): void {
  for (let index = 1; index <= count; index += 1) {
    detector.heard(`n${index}`, 0);
    detector.streamOpened(`n${index}`);
  }
}

/** Time passes; `heartbeats` go on beating; probes of nodes in `answering` succeed, others fail at once. Who died? */
function pass(durationMs: number, heartbeats: readonly string[], answering: readonly string[] = []): string[] {
  const died: string[] = [];
  for (const endMs = nowMs + durationMs; nowMs < endMs;) {
    nowMs += 100;
    for (const nodeId of heartbeats) detector.heard(nodeId, nowMs);
    const verdict = detector.tick(nowMs);
    died.push(...verdict.died);
    for (const nodeId of verdict.probe) {
      died.push(...detector.probed(nodeId, answering.includes(nodeId), nowMs, nowMs).died);
    }
  }
  return died;
}

beforeEach(() => {
  detector = new FailureDetector(0);
  nowMs = 0;
});

test("a broken stream and a failed probe are death at once", () => {
  nodes(3);
  expect(detector.doubted("n1", "streamBroke", 10)).toEqual({ probe: ["n1"], died: [] });
  expect(detector.probed("n1", false, 10, 12).died).toEqual(["n1"]);
  expect(detector.isUp("n1")).toBe(false);
  expect(detector.heard("n1", 20)).toBe(true);
  expect(detector.isUp("n1")).toBe(true);
});

test("a broken stream and an answered probe are not", () => {
  nodes(3);
  detector.doubted("n1", "streamBroke", 10);
  expect(detector.probed("n1", true, 10, 12).died).toEqual([]);
  expect(detector.isUp("n1")).toBe(true);
});

test("a hung node is dead after 1.5 s of silence, a beating one never", () => {
  nodes(3);
  expect(pass(1_400, ["n2", "n3"])).toEqual([]);
  expect(pass(700, ["n2", "n3"])).toEqual(["n1"]);
  expect(pass(60_000, ["n2", "n3"])).toEqual([]);
});

test("a silent node that answers probes stays", () => {
  nodes(3);
  expect(pass(20_000, ["n2", "n3"], ["n1"])).toEqual([]);
});

test("a node that cannot be reached by others is probed and, with its heartbeats going on, kept", () => {
  nodes(3);
  expect(detector.doubted("n1", "unreachable", 50).probe).toEqual(["n1"]);
  expect(detector.probed("n1", false, 50, 60).died).toEqual([]);
  expect(pass(5_000, ["n1", "n2", "n3"])).toEqual([]);
});

test("two of three silent at once: failover pauses for 3 s, then those that are still silent are dead", () => {
  nodes(3);
  expect(pass(3_000, ["n3"])).toEqual([]);
  expect(detector.isPaused(nowMs)).toBe(true);
  expect(pass(500, ["n1", "n3"])).toEqual([]);
  expect(pass(3_000, ["n1", "n3"])).toEqual(["n2"]);
});

test("of nine nodes three may die together without a pause, four may not", () => {
  nodes(9);
  const beating = ["n1", "n2", "n3", "n4", "n5"];
  expect(pass(2_200, [...beating, "n6"]).sort()).toEqual(["n7", "n8", "n9"]);
  detector = new FailureDetector(0);
  nowMs = 0;
  nodes(9);
  expect(pass(2_200, beating)).toEqual([]);
  expect(pass(4_000, beating).sort()).toEqual(["n6", "n7", "n8", "n9"]);
});

test("after a stop of our own nobody is blamed", () => {
  nodes(3);
  nowMs += 60_000;
  expect(detector.tick(nowMs).died).toEqual([]);
  expect(pass(1_000, ["n1", "n2", "n3"])).toEqual([]);
});

test("nodes known from before have a grace to be heard of", () => {
  detector.expect("n1", 0, 2_000);
  expect(detector.isUp("n1")).toBe(true);
  expect(pass(1_900, [])).toEqual([]);
  expect(pass(600, [])).toEqual(["n1"]);
});
