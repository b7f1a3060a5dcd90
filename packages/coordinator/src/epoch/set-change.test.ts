/** Set changes and hand-overs of one shard, step by step. */
import { expect, test } from "vitest";
import type { SetChange } from "../state/cluster-state.ts";
import { beginSetChange, cancelSetChange, changedSet, installSet } from "./change-configuration.ts";
import { EpochLab, shardRecord } from "./testing/epoch-lab.ts";

const place = (nodeId: string, zone = `zone-${nodeId}`): SetChange["add"] => ({
  nodeId,
  replicaUuid: `uuid-${nodeId}`,
  zone,
});
const change = (remove: string, zone?: string): SetChange => ({
  add: place("d", zone),
  remove: place(remove),
  why: "requested",
});
const open = shardRecord({ epoch: 4, configState: "active", leader: "a", state: "open" });

function changing(remove: string): EpochLab {
  const lab = new EpochLab({ ...open, pending: change(remove) });
  lab.feed({ type: "changeSet", epoch: 4 });
  return lab;
}

const setOf = (lab: EpochLab): string => lab.record.set.map(({ nodeId }) => nodeId).join("");

test("the leader keeps its place, the set is installed before it opens, and then it is told to", () => {
  const lab = changing("c");
  expect(lab.take()).toEqual(["burn 4→5"]);
  lab.carryOutCas();
  expect(lab.take()).toEqual(["seal a@5", "seal b@5", "seal c@5"]);
  lab.sealed("b", { logEpoch: 4, logEnd: 9 });
  lab.sealed("c", { logEpoch: 4, logEnd: 9 });
  expect(lab.take()).toEqual([]);
  lab.sealed("a", { logEpoch: 4, logEnd: 9 });
  expect(lab.take()).toEqual(["recover a@5 4/9 with a,b,d"]);
  expect(setOf(lab)).toBe("abc");
  lab.feed({ type: "leading", nodeId: "a", epoch: 5 });
  expect(lab.take()).toEqual([]);
  lab.feed({ type: "adopted", nodeId: "a", epoch: 5 });
  expect(lab.take()).toEqual(["install a@5"]);
  lab.carryOutCas();
  expect(lab.take()).toEqual(["confirm a@5"]);
  expect(lab.record).toMatchObject({ configState: "active", leader: "a", epoch: 5 });
  expect([setOf(lab), lab.record.pending]).toEqual(["abd", undefined]);
  lab.feed({ type: "adopted", nodeId: "a", epoch: 5 });
  expect(lab.take()).toEqual(["confirm a@5"]);
});

test("a replica that is to leave never leads with the changed set: if only it will do, the set stays", () => {
  const lab = changing("a");
  lab.carryOutCas();
  lab.take();
  lab.down("c");
  lab.sealed("a", { logEpoch: 4, logEnd: 9 });
  lab.sealed("b", { logEpoch: 4, logEnd: 7 });
  lab.pass(1_000);
  expect(lab.take().at(-1)).toBe("recover a@5 4/9");
});

test("a change given up while its epoch begins is not installed", () => {
  const lab = changing("c");
  lab.carryOutCas();
  lab.record = cancelSetChange(lab.record, "uuid-d") ?? lab.record;
  lab.take();
  lab.sealed("a", { logEpoch: 4, logEnd: 9 });
  lab.sealed("b", { logEpoch: 4, logEnd: 9 });
  expect(lab.take()).toEqual(["recover a@5 4/9"]);
});

test("an attempt that fails is followed by one with the old set", () => {
  const lab = changing("c");
  lab.carryOutCas();
  lab.sealed("a", { logEpoch: 4, logEnd: 9 });
  lab.sealed("b", { logEpoch: 4, logEnd: 9 });
  lab.take();
  lab.down("a");
  lab.carryOutCas();
  lab.sealed("b", { logEpoch: 4, logEnd: 9 });
  lab.sealed("c", { logEpoch: 4, logEnd: 9 });
  lab.pass(400);
  expect(lab.take().filter((command) => command.startsWith("recover"))).toEqual(["recover b@6 4/9"]);
});

test("a leader is handed over to the member that was asked for", () => {
  const lab = new EpochLab(open);
  lab.feed({ type: "moveLeader", epoch: 4, to: "c" });
  expect(lab.take()).toEqual(["hand over a@4 to uuid-c"]);
  lab.feed({ type: "handedOver", epoch: 4, ok: true });
  lab.carryOutCas();
  lab.sealed("b", { logEpoch: 4, logEnd: 9 });
  lab.sealed("c", { logEpoch: 4, logEnd: 9 });
  expect(lab.take().at(-1)).toBe("recover c@5 4/9");
});

test("a refused hand-over changes nothing, an unanswered one ends in a new epoch", () => {
  const lab = new EpochLab(open);
  lab.feed({ type: "moveLeader", epoch: 4, to: "c" });
  lab.feed({ type: "handedOver", epoch: 4, ok: false });
  expect(lab.machine.phase).toBe("idle");
  lab.feed({ type: "moveLeader", epoch: 4, to: "c" });
  lab.take();
  lab.pass(3_000);
  expect(lab.take()).toEqual(["burn 4→5"]);
});

test("changes are refused that would put two copies in one zone or on one node, and a second one at a time", () => {
  expect(beginSetChange(open, change("c"))?.pending).toEqual(change("c"));
  expect(beginSetChange(open, change("c", "zone-c"))?.pending?.add.zone).toBe("zone-c");
  expect(beginSetChange(open, change("c", "zone-b"))).toBeUndefined();
  expect(beginSetChange(open, { ...change("c"), add: place("b", "zone-x") })).toBeUndefined();
  expect(beginSetChange(open, { ...change("c"), remove: place("x") })).toBeUndefined();
  expect(beginSetChange({ ...open, pending: change("c") }, change("b"))).toBeUndefined();
  expect(beginSetChange({ ...open, state: "closing" }, change("c"))).toBeUndefined();
  expect(beginSetChange({ ...open, set: [place("a")] }, change("a"))).toBeUndefined();
});

test("a set is installed only in the epoch in force, while its change is", () => {
  const record = { ...open, configState: "recovering" as const, pending: change("c") };
  expect(installSet(record, 4, "a", change("c"))?.set).toEqual(changedSet(open.set, change("c")));
  expect(installSet(record, 3, "a", change("c"))).toBeUndefined();
  expect(installSet(record, 4, "c", change("c"))).toBeUndefined();
  expect(installSet({ ...record, pending: undefined }, 4, "a", change("c"))).toBeUndefined();
  expect(installSet({ ...record, configState: "active" }, 4, "a", change("c"))).toBeUndefined();
});

test("a leader that is to go does not stop its own replacement when only one other member is left", () => {
  const lab = changing("a");
  lab.carryOutCas();
  lab.take();
  lab.sealed("a", { logEpoch: 4, logEnd: 9 });
  lab.sealed("b", { logEpoch: 4, logEnd: 9 });
  lab.pass(1_000);
  expect(lab.take().filter((words) => words.startsWith("recover"))).toEqual(["recover b@5 4/9 with d,b,c"]);
});
