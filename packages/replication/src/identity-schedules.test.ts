/** Schedules about who a replica is and what its disk still holds: sets that change, disks lost, damaged or brought back. */
import { expect, test } from "vitest";
import { frameKind } from "@millrace/model";
import { LabScript, messages } from "./testing/lab-script.ts";

test("a changed set serves only after the coordinator has installed it", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("C");
  lab.append("A", "v1");
  lab.settle();
  lab.messages = [];
  lab.heal();
  lab.addNode("D", []);
  lab.sealAll(2, ["A", "B"]);
  lab.recover("A", 2, ["A", "C", "D"], true);
  expect(lab.replica("A").role).toBe("recovering");
  // A fail-over that starts now seals the set still in force, and finds the record there.
  expect(lab.choose(["A", "B"])).toBe("A");
  lab.settle();
  expect(lab.node("A").events).toContain("adopted");
  expect(lab.replica("A").canAppend()).toBe(false);
  lab.step("A", { type: "openConfirmed", epoch: 1 });
  expect(lab.replica("A").canAppend()).toBe(false);
  lab.step("A", { type: "openConfirmed", epoch: 2 });
  expect(lab.replica("A").canAppend()).toBe(true);
  expect(lab.sameLogs("A", "C", "D")).toBe(true);
});

test("no acknowledgement counts of a learner, a removed replica, another uuid, or before adoption", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("B", "C");
  lab.append("A", "v1");
  lab.settle();
  const ack = { kind: "ack", epoch: 1, adopted: true, durableEnd: 1 } as const;
  const claim = (from: string, replicaUuid: string, adopted: boolean) =>
    lab.step("A", { type: "message", from, fromReplicaUuid: replicaUuid, message: { ...ack, replicaUuid, adopted } });
  claim("D", "D-1", true);
  claim("B", "B-0", true);
  claim("B", "B-1", false);
  expect(lab.replica("A").commitOffset).toBe(0);
  claim("B", "B-1", true);
  expect(lab.replica("A").commitOffset).toBe(1);
});

test("an acknowledgement beyond the leader's own log stops the shard", () => {
  const lab = LabScript.threeReplicas();
  const message = { kind: "ack", epoch: 1, replicaUuid: "B-1", adopted: true, durableEnd: 5 } as const;
  expect(() => lab.step("A", { type: "message", from: "B", fromReplicaUuid: "B-1", message })).toThrow(/halted/);
});

test("an empty disk is somebody else, and never says that the log is empty", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.settle();
  const old = lab.memberOf("B").replicaUuid;
  lab.crash("B");
  lab.wipe("B", 2);
  lab.start("B");
  lab.seal("B", 2, old);
  lab.settle();
  expect(lab.node("B").report).toBeUndefined();
  lab.append("A", "v2");
  lab.settle();
  expect(lab.log("B")).toBe("");
});

test("a replica that may have lost its tail counts for nothing until a later leader has repaired it", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.settle();
  lab.crash("C");
  const { disk } = lab.node("C");
  disk.durable = { ...disk.durable, frames: [], state: { ...disk.durable.state, suspect: true } };
  disk.crash();
  lab.start("C");
  lab.settle();
  expect(lab.log("C")).toBe("");
  lab.sealAll(2, ["B", "C"]);
  expect(lab.choose(["B", "C"])).toBeUndefined();
  lab.recover("C", 2, ["A", "B", "C"]);
  expect(lab.node("C").recoverAnswer?.ok).toBe(false);
  lab.sealAll(3, ["A", "B", "C"]);
  lab.recover("B", 3, ["A", "B", "C"]);
  lab.settle();
  expect(lab.replica("C").suspect).toBe(false);
  expect(lab.sameLogs("A", "B", "C")).toBe(true);
});

test("a damaged replica steps down, refuses its epoch, and is copied anew in the next", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.append("A", "v2");
  lab.settle();
  lab.step("A", { type: "damaged" });
  expect(lab.replica("A").role).toBe("follower");
  lab.settle();
  lab.sealAll(2, ["A", "B", "C"]);
  expect(lab.node("A").report?.suspect).toBe(true);
  lab.recover("B", 2, ["A", "B", "C"]);
  lab.sync("B");
  lab.deliverOnly(messages("probe"));
  for (const name of ["A", "C"]) lab.sync(name);
  lab.deliverOnly(messages("probeReply"));
  const [copy] = lab.messages.filter(messages("catchUp", { to: "A" }));
  expect(copy?.message).toMatchObject({ resetTo: 0 });
  lab.settle();
  expect(lab.replica("A").suspect).toBe(false);
  expect(lab.node("A").disk.durable.state.damaged).toBe(false);
  expect(lab.sameLogs("A", "B", "C")).toBe(true);
});

test("a leader with a damaged frame makes way once every other member has adopted, and stays while one has not", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.settle();
  lab.step("A", { type: "frameDamaged" });
  expect(lab.replica("A").role).toBe("follower");
  expect(lab.replica("A").suspect).toBe(true);
  lab.step("B", { type: "frameDamaged" });
  expect(lab.replica("B").suspect).toBe(false);
  lab.settle();
  lab.sealAll(2, ["A", "B", "C"]);
  lab.recover("B", 2, ["A", "B", "C"]);
  lab.sync("B");
  lab.step("B", { type: "frameDamaged" });
  expect(lab.replica("B").role).not.toBe("follower");
  lab.settle();
  expect(lab.sameLogs("A", "B", "C")).toBe(true);
  expect(lab.replica("A").suspect).toBe(false);
});

test("Recover holds only for the replica, process and log that were reported", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.settle();
  lab.sealAll(2, ["A", "B"]);
  const { report } = lab.node("A");
  expect(report).toBeDefined();
  if (report === undefined) return;
  const set = ["A", "B", "C"].map((name) => lab.memberOf(name));
  const refused = (change: Partial<typeof report>, epoch = 2) => {
    lab.node("A").recoverAnswer = undefined;
    lab.recoverFrom("A", epoch, { reported: { ...report, ...change }, set, setChanges: false });
    return lab.node("A").recoverAnswer?.ok === false;
  };
  expect(refused({ logEnd: 0 })).toBe(true);
  expect(refused({ logEpoch: 0 })).toBe(true);
  expect(refused({ boot: report.boot - 1 })).toBe(true);
  expect(refused({ replicaUuid: "A-0" })).toBe(true);
  expect(refused({}, 3)).toBe(true);
  lab.crash("A");
  lab.wipe("A", 2);
  lab.start("A");
  expect(refused({})).toBe(true);
});

test("a leader does not feed a disk that was set back behind what it had acknowledged", () => {
  const lab = LabScript.threeReplicas();
  const yesterday = lab.node("C").disk.durable;
  lab.append("A", "v1");
  lab.settle();
  lab.crash("C");
  lab.node("C").disk.durable = yesterday;
  lab.node("C").disk.crash();
  lab.start("C");
  lab.append("A", "v2");
  lab.settle();
  lab.pass(3000);
  lab.settle();
  expect(lab.log("C")).toBe("");
  expect(lab.replica("A").peerLag().get("C")).toBe(1);
});

test("a peer behind the leader's trimmed log starts anew at the leader's log start", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("C");
  for (const text of ["v0", "v1", "v2", "v3"]) lab.append("A", text);
  lab.settle();
  lab.appendTrim("A", 3);
  lab.settle();
  expect(lab.replica("A").logStart).toBe(3);
  expect(lab.node("A").events).toContain("trimmed");
  lab.messages = [];
  lab.heal();
  lab.failOver(2, "A", ["A", "B"]);
  expect(lab.replica("C")).toMatchObject({ logStart: 3, logEnd: 5, logEpoch: 2 });
  expect(lab.log("C")).toBe("1@3 1@4");
});

test("a lagging peer of the same epoch skips what was trimmed meanwhile, also from inside a frame", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("C");
  lab.append("A", "v0");
  lab.append("A", "of three records", frameKind.records, 3);
  lab.append("A", "v4");
  lab.appendTrim("A", 3);
  lab.settle();
  lab.messages = [];
  lab.heal();
  lab.step("A", { type: "peerConnected", nodeId: "C" });
  lab.settle();
  expect(lab.replica("C")).toMatchObject({ logStart: 1, logEnd: 6 });
  expect(lab.log("C")).toBe("1@1 1@4 1@5");
});

test("a removed replica serves no old coordinator and counts for no leader", () => {
  const lab = LabScript.threeReplicas();
  lab.addNode("D", []);
  lab.sealAll(2, ["A", "B", "C"]);
  lab.recover("A", 2, ["A", "B", "D"], true);
  lab.settle();
  lab.step("A", { type: "openConfirmed", epoch: 2 });
  lab.seal("C", 1);
  lab.seal("C", 2);
  lab.settle();
  expect(lab.replica("C").role).toBe("follower");
  lab.isolate("B", "D");
  lab.append("A", "v1");
  lab.settle();
  const message = { kind: "ack", epoch: 2, replicaUuid: "C-1", adopted: true, durableEnd: 1 } as const;
  lab.step("A", { type: "message", from: "C", fromReplicaUuid: "C-1", message });
  expect(lab.replica("A").commitOffset).toBe(0);
});

test("a leader without a quorum resigns after two seconds, and only while appends wait", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("B", "C");
  lab.pass(5000);
  expect(lab.replica("A").role).toBe("leading");
  lab.append("A", "v1");
  lab.settle();
  lab.pass(1500);
  expect(lab.replica("A").role).toBe("leading");
  lab.pass(1000);
  expect(lab.replica("A").role).toBe("follower");
  expect(lab.node("A").events).toContain("steppedDown");
});

test("a slow peer costs a bounded window and does not hold up the other", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("C");
  const text = "x".repeat(100_000);
  for (let index = 0; index < 100; index += 1) {
    lab.append("A", text);
    lab.settle();
  }
  expect(lab.replica("A").commitOffset).toBe(100);
  const underway = lab.messages.filter(messages("append", { to: "C" }));
  expect(underway.length).toBeLessThanOrEqual(42);
  lab.heal();
  lab.settle();
  expect(lab.sameLogs("A", "C")).toBe(true);
});

test("lost messages are repeated after a while", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.messages = [];
  lab.sync("A");
  lab.pass(1200);
  lab.settle();
  expect(lab.replica("A").commitOffset).toBe(1);
});

test("a promise raised by any message is durable with the next write, and an append of an epoch not adopted is refused", () => {
  const lab = LabScript.threeReplicas();
  const message = { kind: "append", epoch: 5, commitOffset: 0, frames: [] } as const;
  lab.step("C", { type: "message", from: "B", fromReplicaUuid: "B-1", message });
  const [refusal] = lab.messages.filter(messages("reject", { from: "C" }));
  expect(refusal?.message).toMatchObject({ reason: "notAdopted", promisedEpoch: 5 });
  lab.sync("C");
  lab.crash("C");
  lab.start("C");
  expect(lab.replica("C").promisedEpoch).toBe(5);
});

test("a suspect replica refuses the probe of the epoch in which it may have lost records", () => {
  const lab = LabScript.threeReplicas();
  lab.step("C", { type: "damaged" });
  lab.settle();
  lab.step("A", { type: "peerConnected", nodeId: "C" });
  lab.append("A", "v1");
  lab.settle();
  expect(lab.log("C")).toBe("");
  expect(lab.replica("A").commitOffset).toBe(1);
  lab.pass(1100);
  lab.deliverOnly(messages("probe", { to: "C" }));
  expect(lab.messages.filter(messages("reject", { from: "C" }))).toHaveLength(1);
});
