import { expect, test } from "vitest";
import { LabScript } from "./testing/lab-script.ts";
import type { LabMessage } from "./testing/replica-lab.ts";

/** One frame of this fills a chunk. */
const CHUNK = "c".repeat(400 * 1024);
const WINDOW = 4;

const toC = ({ to, lane, message }: LabMessage): boolean =>
  to === "C" && lane === "catchUp" && message.kind === "append" && message.frames.length > 0;
const fromC = ({ from }: LabMessage): boolean => from === "C";

/** C has missed `count` chunks of an epoch it has adopted; its connection to A is new. */
function lagging(count: number): LabScript {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v");
  lab.settle();
  lab.isolate("C");
  for (let made = 0; made < count; made += 1) {
    lab.append("A", CHUNK);
    lab.settle();
  }
  lab.heal();
  lab.messages = [];
  lab.step("A", { type: "peerConnected", nodeId: "C" });
  return lab;
}

test("a lagging peer gets a few chunks at once, and the next ones as it acknowledges", () => {
  const lab = lagging(10);
  expect(lab.messages.filter(toC)).toHaveLength(WINDOW);
  lab.pass(500);
  expect(lab.messages.filter(toC)).toHaveLength(WINDOW);
  lab.deliverOnly(toC);
  lab.sync("C", 2);
  lab.deliverOnly(fromC);
  expect(lab.messages.filter(toC)).toHaveLength(2);
  lab.settle();
  expect(lab.sameLogs("A", "C")).toBe(true);
});

test("it goes live only when nothing is on its way, and then gets new frames at once", () => {
  const lab = lagging(6);
  for (let round = 0; round < 40 && lab.replica("A").peerLag().get("C") !== 0; round += 1) {
    lab.append("A", "meanwhile");
    lab.deliverOnly(() => true);
    for (const name of ["A", "B", "C"]) lab.sync(name);
    lab.deliverOnly(fromC);
  }
  lab.settle();
  lab.append("A", "live");
  const live = lab.messages.filter(
    ({ to, lane, message }) => to === "C" && lane === "live" && message.kind === "append",
  );
  expect(live).toHaveLength(1);
  lab.settle();
  expect(lab.sameLogs("A", "C")).toBe(true);
});

test("a chunk that was lost is sent again, and those behind it do no harm", () => {
  const lab = lagging(8);
  const [first] = lab.messages.filter(toC);
  lab.messages = lab.messages.filter((sent) => sent !== first);
  lab.deliverOnly(toC);
  lab.settle();
  expect(lab.sameLogs("A", "C")).toBe(false);
  lab.pass(1500);
  lab.settle();
  expect(lab.sameLogs("A", "C")).toBe(true);
});

const toD = ({ to, message }: LabMessage): boolean => to === "D" && message.kind === "catchUp";

/** D, new and empty, has told A so; A has answered with the first chunks of ten, all of an earlier epoch. */
function learning(): LabScript {
  const lab = LabScript.threeReplicas();
  for (let made = 0; made < 10; made += 1) {
    lab.append("A", CHUNK);
    lab.settle();
  }
  lab.failOver(2, "A", ["A", "B"]);
  lab.addNode("D", []);
  lab.step("A", { type: "learners", epoch: 2, learners: [lab.memberOf("D")] });
  lab.deliverOnly(({ to }) => to === "D");
  lab.sync("D");
  lab.deliverOnly(({ from }) => from === "D");
  return lab;
}

test("a peer that has not adopted gets a few chunks at once too, and adopts with the last one", () => {
  const lab = learning();
  expect(lab.messages.filter(toD)).toHaveLength(WINDOW);
  lab.deliverOnly(toD);
  lab.sync("D", 2);
  lab.deliverOnly(({ from }) => from === "D");
  expect(lab.messages.filter(toD)).toHaveLength(2);
  expect(lab.replica("D").logEpoch).not.toBe(2);
  lab.settle();
  expect(lab.replica("D").logEpoch).toBe(2);
  expect(lab.sameLogs("A", "D")).toBe(true);
});

test("the first chunk of a copy is lost and those behind it are refused: the copy begins again", () => {
  const lab = learning();
  const [first] = lab.messages.filter(toD);
  lab.messages = lab.messages.filter((sent) => sent !== first);
  lab.deliverOnly(toD);
  lab.sync("D");
  expect(lab.log("D")).toBe("");
  lab.settle();
  expect(lab.sameLogs("A", "D")).toBe(true);
});

test("a chunk that comes again, late, cuts nothing of a copy that has gone on", () => {
  const lab = learning();
  const sent = lab.messages.filter(toD);
  lab.deliverOnly(toD);
  lab.sync("D");
  const before = lab.log("D");
  for (const late of sent) lab.deliver(late, true);
  lab.sync("D");
  expect(lab.log("D")).toBe(before);
  lab.settle();
  expect(lab.sameLogs("A", "D")).toBe(true);
});
