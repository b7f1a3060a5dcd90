/** A replica that has seen what must never happen stops, stays stopped through restarts, and goes on when an operator says so. */
import { expect, test } from "vitest";
import { LabScript } from "./testing/lab-script.ts";

/** Two leaders of epoch 1 have each written a record; C, which holds B's, has been sent A's and has stopped. */
function twoLeaders(): LabScript {
  const lab = new LabScript(["A", "B", "C"]);
  lab.sealAll(1, ["A", "B", "C"]);
  lab.isolate("B");
  lab.recover("A", 1, ["A", "B", "C"]);
  lab.settle();
  lab.messages = [];
  lab.heal();
  lab.isolate("A");
  lab.recover("B", 1, ["A", "B", "C"]);
  lab.settle();
  expect(lab.replica("B").role).toBe("leading");
  lab.append("B", "of B");
  lab.settle();
  lab.messages = [];
  lab.heal();
  lab.append("A", "of A");
  expect(() => lab.settle()).toThrow(/two frames at offset 0 of epoch 1/);
  lab.messages = [];
  return lab;
}

/** C's process ends, and another begins. */
function restart(lab: LabScript): void {
  lab.crash("C");
  lab.start("C");
}

test("a second leader of one epoch that writes is stopped by the checksum", () => {
  expect(twoLeaders().replica("C").role).toBe("halted");
});

test("a halted replica is halted after a restart: it acknowledges nothing, promises nothing and leads nothing", () => {
  const lab = twoLeaders();
  lab.sync("C");
  restart(lab);
  expect(lab.replica("C").role).toBe("halted");
  lab.isolate("B");
  lab.append("A", "more of A");
  lab.pass(2_000);
  lab.settle();
  expect(lab.replica("A").commitOffset).toBe(0);
  lab.node("C").report = undefined;
  lab.seal("C", 2);
  lab.settle();
  expect([lab.node("C").report, lab.replica("C").promisedEpoch]).toEqual([undefined, 1]);
  expect(lab.log("C")).toBe("1@0");
});

test("an operator's word makes a halted replica go on: distrusted, until a leader has replaced its log", () => {
  const lab = twoLeaders();
  lab.sync("C");
  restart(lab);
  lab.resume("C", false);
  expect(lab.node("C").resumed).toBe(0);
  lab.sync("C");
  expect(lab.node("C").resumed).toBe(1);
  expect([lab.replica("C").role, lab.replica("C").suspect]).toEqual(["follower", true]);
  restart(lab);
  expect([lab.replica("C").role, lab.replica("C").suspect]).toEqual(["follower", true]);
  lab.isolate("A");
  lab.failOver(2, "B", ["B", "C"]);
  expect(lab.node("C").report?.suspect).toBe(true);
  expect(lab.replica("B").role).toBe("leading");
  expect([lab.sameLogs("B", "C"), lab.replica("C").suspect]).toEqual([true, false]);
});

test("an operator may vouch for the log of a halted replica, which counts again at once", () => {
  const lab = twoLeaders();
  lab.resume("C", true);
  lab.sync("C");
  expect([lab.replica("C").role, lab.replica("C").suspect]).toEqual(["follower", false]);
  lab.isolate("A");
  lab.failOver(2, "C", ["B", "C"]);
  expect(lab.replica("C").role).toBe("leading");
  expect(lab.sameLogs("B", "C")).toBe(true);
});

test("a replica that is not halted takes the word for nothing", () => {
  const lab = LabScript.threeReplicas();
  lab.resume("B", false);
  lab.settle();
  expect([lab.node("B").resumed, lab.replica("B").suspect]).toEqual([1, false]);
});
