/**
 * Schedules that break replication protocols weaker than this one, one test each. The names say what would go wrong;
 * most were found by model checking or in production of other systems.
 */
import { expect, test } from "vitest";
import { frameKind } from "@millrace/model";
import { LabScript, messages } from "./testing/lab-script.ts";

const BIG = "x".repeat(400_000);

test("a new leader's own log epoch is durable before it counts itself, so its records outrank a peer that adopted and stopped", () => {
  const lab = LabScript.threeReplicas();
  lab.failOver(2, "B", ["B", "C"]);
  lab.isolate("A");
  lab.append("B", "v1");
  lab.settle();
  expect(lab.replica("B").commitOffset).toBe(1);
  lab.heal();
  lab.sealAll(3, ["A", "B"]);
  expect(lab.choose(["A", "B"])).toBe("B");
  expect(lab.node("B").report).toMatchObject({ logEpoch: 2, logEnd: 1 });
});

test("a leader counts nobody, itself included, before its history is durable", () => {
  const lab = new LabScript(["A", "B", "C"]);
  lab.sealAll(1, ["A", "B", "C"]);
  lab.recover("A", 1, ["A", "B", "C"]);
  expect(lab.node("A").recoverAnswer).toBeUndefined();
  expect(lab.messages).toHaveLength(0);
  lab.sync("A");
  expect(lab.node("A").recoverAnswer?.ok).toBe(true);
  expect(lab.replica("A").role).toBe("recovering");
});

test("a seal is answered after the append that was queued before it", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.deliverOnly(messages("append", { to: "C" }));
  lab.seal("C", 2);
  expect(lab.node("C").reports.has(2)).toBe(false);
  lab.sync("C");
  expect(lab.node("C").report).toMatchObject({ ok: true, logEnd: 1 });
  expect(lab.messages.filter(messages("ack", { from: "C" }))).toHaveLength(0);
});

test("an append that arrives between a seal's arrival and its durability is refused", () => {
  const lab = LabScript.threeReplicas();
  lab.seal("C", 2);
  lab.append("A", "v1");
  lab.deliverOnly(messages("append", { to: "C" }));
  expect(lab.messages.filter(messages("reject", { from: "C" }))).toHaveLength(1);
  lab.sync("C");
  expect(lab.node("C").report).toMatchObject({ ok: true, logEnd: 0 });
  expect(lab.log("C")).toBe("");
  lab.deliverOnly(messages("reject"));
  expect(lab.replica("A").role).toBe("follower");
  expect(lab.replica("A").promisedEpoch).toBe(2);
});

test("a peer adopts an epoch only with the write that completes its log up to the leader's start", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("C");
  lab.append("A", BIG);
  lab.append("A", BIG);
  lab.settle();
  expect(lab.replica("A").commitOffset).toBe(2);
  lab.messages = [];
  lab.heal();
  lab.isolate("A");
  lab.sealAll(2, ["B", "C"]);
  lab.recover("B", 2, ["A", "B", "C"]);
  lab.sync("B");
  lab.deliverOnly(messages("probe", { to: "C" }));
  lab.deliverOnly(messages("probeReply"));
  lab.deliverFirst(messages("catchUp", { to: "C" }));
  lab.sync("C");
  expect(lab.log("C")).toBe("1@0");
  expect(lab.replica("C").logEpoch).toBe(1);
  lab.crash("B");
  lab.heal();
  lab.sealAll(3, ["A", "C"]);
  expect(lab.choose(["A", "C"])).toBe("A");
});

test("a half-copied log names the epochs it was copied from, so that the next leader cuts it in the right place", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", BIG);
  lab.settle();
  lab.isolate("C");
  lab.failOver(2, "A", ["A", "B"]);
  lab.append("A", BIG);
  lab.append("A", BIG);
  lab.settle();
  lab.failOver(3, "A", ["A", "B"]);
  lab.heal();
  lab.messages = [];
  lab.step("A", { type: "peerConnected", nodeId: "C" });
  lab.deliverOnly(messages("probe", { to: "C" }));
  lab.sync("C");
  lab.deliverOnly(messages("probeReply", { from: "C" }));
  lab.deliverFirst(messages("catchUp", { to: "C" }));
  lab.sync("C");
  const { state } = lab.node("C").disk.durable;
  expect(lab.log("C")).toBe("1@0 2@1");
  expect(state.logEpoch).toBe(1);
  expect(state.history.at(-1)).toEqual({ epoch: 2, startOffset: 1 });
  lab.settle();
  expect(lab.sameLogs("A", "C")).toBe(true);
});

test("a stale catch-up of the adopted epoch cuts nothing", () => {
  const lab = new LabScript(["A", "B", "C"]);
  lab.sealAll(1, ["A", "B", "C"]);
  lab.recover("A", 1, ["A", "B", "C"]);
  lab.sync("A");
  lab.deliverOnly(messages("probe"));
  lab.sync("C");
  lab.deliverOnly(messages("probeReply"));
  const stale = lab.hold(messages("catchUp", { to: "C" }));
  expect(stale).toHaveLength(1);
  for (const sent of stale) lab.deliver(sent, true);
  lab.settle();
  lab.append("A", "v1");
  lab.settle();
  for (const sent of stale) lab.deliver(sent);
  lab.settle();
  expect(lab.log("C")).toBe("1@0");
  expect(lab.durableEnd("C")).toBe(1);
});

test("two leaders of one epoch are noticed by an acknowledgement of what only the other has written", () => {
  const lab = new LabScript(["A", "B", "C"]);
  lab.sealAll(1, ["A", "B", "C"]);
  lab.recover("A", 1, ["A", "B", "C"]);
  lab.isolate("B");
  lab.settle();
  lab.append("A", "of A");
  lab.settle();
  lab.messages = [];
  lab.heal();
  lab.isolate("A");
  lab.recover("B", 1, ["A", "B", "C"]);
  expect(() => lab.settle()).toThrow(/beyond this epoch's log end/);
  expect(lab.replica("B").role).toBe("halted");
});

test("a restarted leader leads nothing and counts no old acknowledgement", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.deliverOnly(messages("append", { to: "B" }));
  lab.sync("B");
  lab.crash("A");
  lab.start("A");
  lab.deliverOnly(messages("ack", { to: "A" }));
  expect(lab.replica("A").role).toBe("follower");
  expect(lab.replica("A").canAppend()).toBe(false);
  expect(lab.replica("A").commitOffset).toBe(0);
  lab.recover("A", 1, ["A", "B", "C"]);
  expect(lab.node("A").recoverAnswer?.ok).toBe(false);
});

test("a trim record whose commit a crash kept from a replica trims its log when it leads", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("C");
  lab.append("A", "v1");
  lab.append("A", "v2");
  lab.settle();
  lab.appendTrim("A", 2);
  lab.sync("A");
  lab.deliverOnly(messages("append", { to: "B" }));
  lab.sync("B");
  lab.deliverOnly(messages("ack", { to: "A" }));
  expect(lab.replica("A").logStart).toBe(2);
  expect(lab.replica("B").logStart).toBe(0);
  lab.crash("B");
  lab.start("B");
  lab.heal();
  lab.isolate("A");
  lab.failOver(2, "B", ["B", "C"]);
  expect(lab.replica("B").commitOffset).toBe(3);
  expect(lab.replica("B").logStart).toBe(2);
});

test("a trim record that was cut off after a restart trims nothing", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.settle();
  lab.isolate("A");
  lab.appendTrim("A", 1);
  lab.sync("A");
  lab.crash("A");
  lab.start("A");
  lab.failOver(2, "B", ["B", "C"]);
  lab.append("B", "v2");
  lab.settle();
  lab.heal();
  lab.step("B", { type: "peerConnected", nodeId: "A" });
  lab.settle();
  lab.append("B", "tells of the commit");
  lab.settle();
  expect(lab.log("A")).toBe("1@0 2@1 2@2");
  expect(lab.replica("A").commitOffset).toBe(2);
  expect(lab.replica("A").logStart).toBe(0);
});

test("a replica that never heard the seal still promises the epoch it adopts", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("C");
  lab.append("A", "of epoch 1");
  const delayed = lab.hold(messages("append", { to: "C" }));
  lab.settle();
  lab.heal();
  lab.isolate("A");
  lab.sealAll(2, ["B", "A"]);
  lab.recover("B", 2, ["A", "B", "C"]);
  lab.settle();
  expect(lab.node("C").reports.has(2)).toBe(false);
  expect(lab.node("C").disk.durable.state).toMatchObject({ promisedEpoch: 2, logEpoch: 2 });
  lab.append("B", "v1");
  lab.settle();
  expect(lab.replica("B").commitOffset).toBe(2);
  for (const sent of delayed) lab.deliver(sent);
  expect(lab.messages.filter(messages("reject", { from: "C" }))).toHaveLength(1);
  expect(lab.log("C")).toBe("1@0 2@1");
});

test("a replica never cuts its log by itself, however low its commit offset", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.settle();
  lab.crash("B");
  lab.start("B");
  expect(lab.replica("B")).toMatchObject({ commitOffset: 0, logEnd: 1, durableEnd: 1 });
  lab.failOver(2, "B", ["B", "C"]);
  expect(lab.replica("B").commitOffset).toBe(1);
  expect(lab.sameLogs("A", "B", "C")).toBe(true);
});

test("the adopted epoch decides an election, not the epoch of the last record", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("A");
  lab.append("A", "uncommitted of epoch 1");
  lab.settle();
  lab.messages = [];
  lab.failOver(2, "B", ["B", "C"]);
  lab.isolate("A", "B");
  lab.append("B", "uncommitted of epoch 2");
  lab.settle();
  lab.messages = [];
  lab.heal();
  lab.isolate("B");
  lab.sealAll(3, ["A", "C"]);
  expect(lab.choose(["A", "C"])).toBe("C");
  lab.recover("C", 3, ["A", "B", "C"]);
  lab.settle();
  expect(lab.log("A")).toBe("");
  lab.heal();
  lab.sealAll(4, ["B", "C"]);
  expect(lab.choose(["B", "C"])).toBe("C");
});

test("logs of equal length are compared by their epochs, after two quick fail-overs", () => {
  const lab = LabScript.threeReplicas();
  lab.isolate("A", "B", "C");
  lab.append("A", "left behind by epoch 1");
  lab.settle();
  lab.heal();
  lab.isolate("A");
  lab.messages = [];
  lab.failOver(2, "B", ["B", "C"]);
  lab.isolate("B", "C");
  lab.append("B", "left behind by epoch 2");
  lab.settle();
  lab.heal();
  lab.isolate("A", "B");
  lab.messages = [];
  lab.heal();
  expect([lab.log("A"), lab.log("B")]).toEqual(["1@0", "2@0"]);
  lab.sealAll(3, ["A", "C"]);
  lab.recover("C", 3, ["A", "B", "C"]);
  lab.settle();
  lab.append("C", "v1");
  lab.settle();
  expect([lab.log("A"), lab.log("B"), lab.log("C")]).toEqual(["3@0", "3@0", "3@0"]);
});

test("a leader that opens late, after its successor, commits nothing more and steps down", () => {
  const lab = LabScript.threeReplicas();
  lab.sealAll(2, ["B", "C"]);
  lab.isolate("A");
  lab.recover("B", 2, ["A", "B", "C"]);
  lab.sync("B");
  lab.deliverOnly(messages("probe", { to: "C" }));
  lab.deliverOnly(messages("probeReply"));
  lab.deliverOnly(messages("catchUp", { to: "C" }));
  lab.sync("C");
  const late = lab.hold(messages("ack", { from: "C", to: "B" }));
  lab.messages = [];
  lab.heal();
  lab.isolate("B");
  lab.failOver(3, "C", ["A", "C"]);
  lab.append("C", "v1");
  lab.settle();
  lab.messages = [];
  lab.heal();
  for (const sent of late) lab.deliver(sent);
  expect(lab.replica("B").role).toBe("leading");
  lab.append("B", "of the past");
  lab.settle();
  expect(lab.replica("B").role).toBe("follower");
  expect(lab.replica("B").commitOffset).toBe(0);
});

test("a close record survives a fail-over and nothing follows it", () => {
  const lab = LabScript.threeReplicas();
  lab.append("A", "v1");
  lab.append("A", "", frameKind.close);
  expect(lab.replica("A").canAppend()).toBe(false);
  expect(lab.replica("A").closed).toBe(false);
  lab.settle();
  expect(lab.replica("A").closed).toBe(true);
  lab.crash("A");
  lab.crash("B");
  lab.start("B");
  expect(lab.replica("B").closed).toBe(false);
  lab.failOver(2, "B", ["B", "C"]);
  expect(lab.replica("B").closed).toBe(true);
  expect(lab.replica("B").canAppend()).toBe(false);
});
