/** Learners: replicas that a leader brings up beside its set and never counts, until a set change makes them members. */
import { expect, test } from "vitest";
import { LabScript, messages } from "./testing/lab-script.ts";

const teach = (lab: LabScript, leader: string, epoch: number, names: readonly string[]): void => {
  lab.step(leader, { type: "learners", epoch, learners: names.map((name) => lab.memberOf(name)) });
};

function withLearner(): LabScript {
  const lab = LabScript.threeReplicas();
  lab.append("A", "x");
  lab.settle();
  lab.addNode("D", []);
  return lab;
}

test("a learner gets the whole log and every new frame", () => {
  const lab = withLearner();
  teach(lab, "A", 1, ["D"]);
  lab.settle();
  lab.append("A", "y");
  lab.settle();
  expect(lab.sameLogs("A", "D")).toBe(true);
  const states = lab.replica("A").peerStates();
  expect(
    states.map(({ nodeId, learner, adopted, recordsBehind }) => [nodeId, learner, adopted, recordsBehind]),
  ).toEqual([
    ["B", false, true, 0],
    ["C", false, true, 0],
    ["D", true, true, 0],
  ]);
  expect([...lab.replica("A").peerLag().keys()]).toEqual(["B", "C"]);
});

test("leader and learner alone commit nothing, and open nothing", () => {
  const lab = withLearner();
  teach(lab, "A", 1, ["D"]);
  lab.settle();
  lab.isolate("B", "C");
  const before = lab.replica("A").commitOffset;
  lab.append("A", "y");
  lab.settle();
  expect(lab.durableEnd("D")).toBe(lab.replica("A").logEnd);
  expect(lab.replica("A").commitOffset).toBe(before);
  lab.heal();
  lab.sealAll(2, ["A", "B"]);
  lab.isolate("B", "C");
  lab.recover("A", 2, ["A", "B", "C"]);
  teach(lab, "A", 2, ["D"]);
  lab.settle();
  expect(lab.replica("D").logEpoch).toBe(2);
  expect(lab.replica("A").role).toBe("recovering");
});

test("an order for another epoch changes nothing, and a learner named no more is fed no more", () => {
  const lab = withLearner();
  teach(lab, "A", 9, ["D"]);
  lab.settle();
  expect(lab.log("D")).toBe("");
  teach(lab, "A", 1, ["D"]);
  teach(lab, "A", 1, []);
  lab.append("A", "y");
  expect(lab.messages.filter(messages("append", { to: "D" }))).toEqual([]);
});

test("a set change makes the learner a member; it opens only when the coordinator has installed the set", () => {
  const lab = withLearner();
  teach(lab, "A", 1, ["D"]);
  lab.settle();
  lab.crash("A");
  lab.sealAll(2, ["B", "C"]);
  lab.recover("B", 2, ["B", "C", "D"], true);
  lab.settle();
  expect(lab.replica("B").role).toBe("recovering");
  lab.step("B", { type: "openConfirmed", epoch: 2 });
  expect(lab.replica("B").role).toBe("leading");
  lab.append("B", "z");
  lab.isolate("C");
  lab.settle();
  expect(lab.replica("B").commitOffset).toBe(lab.replica("B").logEnd);
});

test("what only leader and learner hold is cut from the learner when it becomes a member under another", () => {
  const lab = withLearner();
  teach(lab, "A", 1, ["D"]);
  lab.settle();
  lab.isolate("B", "C");
  lab.append("A", "never acknowledged");
  lab.settle();
  lab.crash("A");
  lab.heal();
  lab.messages = [];
  lab.sealAll(2, ["B", "C"]);
  lab.recover("B", 2, ["B", "C", "D"], true);
  lab.settle();
  lab.step("B", { type: "openConfirmed", epoch: 2 });
  lab.append("B", "z");
  lab.settle();
  expect(lab.sameLogs("B", "C", "D")).toBe(true);
});
