import { describe, expect, test } from "vitest";
import { EpochLab, shardRecord } from "./testing/epoch-lab.ts";

const active = { epoch: 4, configState: "active", leader: "a", state: "open" } as const;

describe("a new shard", () => {
  test("creates replicas, waits for two, and recovers the planned leader at epoch 1", () => {
    const lab = new EpochLab(shardRecord({ state: "creating", configState: "recovering", epoch: 1, leader: "" }));
    lab.feed({ type: "placed", leader: "b" });
    expect(lab.take()).toEqual(["create a@1", "create b@1", "create c@1"]);
    lab.feed({ type: "created", nodeId: "b", ok: true });
    expect(lab.take()).toEqual([]);
    lab.feed({ type: "created", nodeId: "c", ok: true });
    expect(lab.take()).toEqual(["recover b@1 0/0"]);
    lab.feed({ type: "recoverAnswered", epoch: 1, ok: true, why: "" });
    lab.feed({ type: "leading", nodeId: "b", epoch: 1 });
    expect(lab.take()).toEqual(["activate b@1"]);
    lab.carryOutCas();
    expect(lab.record).toMatchObject({ state: "ready", configState: "active", leader: "b", epoch: 1 });
    expect(lab.machine.phase).toBe("idle");
  });

  test("waits a moment for the planned leader, then takes another and names who is missing", () => {
    const lab = new EpochLab(shardRecord({ state: "creating", configState: "recovering", epoch: 1, leader: "" }));
    lab.feed({ type: "placed", leader: "a" });
    lab.feed({ type: "created", nodeId: "b", ok: true }, { type: "created", nodeId: "c", ok: true });
    lab.take();
    lab.pass(400);
    expect(lab.take()).toEqual(["recover b@1 0/0"]);
    expect(lab.machine.takeUnconfirmed()).toEqual(["a"]);
    expect(lab.machine.takeUnconfirmed()).toEqual([]);
  });

  test("asks again where creating failed, and only nodes that are up", () => {
    const lab = new EpochLab(shardRecord({ state: "creating", configState: "recovering", epoch: 1, leader: "" }));
    lab.down("c");
    lab.feed({ type: "placed", leader: "a" });
    expect(lab.take()).toEqual(["create a@1", "create b@1"]);
    lab.feed({ type: "created", nodeId: "a", ok: false });
    lab.pass(600);
    expect(lab.take()).toEqual(["create a@1"]);
    lab.up("c");
    expect(lab.take()).toEqual(["create c@1"]);
  });

  test("found half made by a restarted coordinator, is created again and sealed before it is opened", () => {
    const lab = new EpochLab(shardRecord({ state: "creating", configState: "recovering", epoch: 1, leader: "" }));
    lab.feed({ type: "resume" });
    lab.take();
    lab.feed({ type: "created", nodeId: "a", ok: true }, { type: "created", nodeId: "b", ok: true });
    lab.feed({ type: "created", nodeId: "c", ok: true });
    expect(lab.take()).toEqual(["burn 1→2"]);
    lab.carryOutCas();
    expect(lab.take()).toEqual(["seal a@2", "seal b@2", "seal c@2"]);
  });
});

/** Leader a of epoch 4 is dead, epoch 5 is burnt, b and c are asked to seal. */
function sealing(): EpochLab {
  const lab = new EpochLab(shardRecord(active));
  lab.down("a");
  expect(lab.take()).toEqual(["burn 4→5"]);
  lab.carryOutCas();
  expect(lab.record).toMatchObject({ epoch: 5, configState: "recovering", leader: "" });
  expect(lab.take()).toEqual(["seal b@5", "seal c@5"]);
  return lab;
}

describe("a lost leader", () => {
  test("is replaced by the greatest of two answers", () => {
    const lab = sealing();
    lab.sealed("b", { logEpoch: 3, logEnd: 900 });
    expect(lab.take()).toEqual([]);
    lab.sealed("c", { logEpoch: 4, logEnd: 7 });
    expect(lab.take()).toEqual(["recover c@5 4/7"]);
    lab.feed({ type: "recoverAnswered", epoch: 5, ok: true, why: "" }, { type: "leading", nodeId: "c", epoch: 5 });
    lab.carryOutCas();
    expect(lab.record).toMatchObject({ epoch: 5, configState: "active", leader: "c", state: "open" });
  });

  test("is replaced by the least loaded node when logs are equal", () => {
    const lab = sealing();
    lab.preferred = "c";
    lab.sealed("b", { logEpoch: 4, logEnd: 7 });
    lab.sealed("c", { logEpoch: 4, logEnd: 7 });
    expect(lab.take()).toEqual(["recover c@5 4/7"]);
  });

  test("is not replaced on a suspect's, a stranger's, a refusing or a late answer", () => {
    const lab = sealing();
    lab.sealed("b", { logEpoch: 4, logEnd: 7 });
    lab.sealed("c", { logEpoch: 4, logEnd: 9, suspect: true });
    lab.sealed("c", { logEpoch: 4, logEnd: 9, replicaUuid: "another" });
    lab.sealed("c", { logEpoch: 0, logEnd: 0, ok: false, why: "NO_SUCH_REPLICA" });
    lab.sealed("c", { logEpoch: 4, logEnd: 9 }, 4);
    lab.sealed("c", { logEpoch: 0, logEnd: 0 });
    lab.sealed("d", { logEpoch: 9, logEnd: 99, replicaUuid: "uuid-d" });
    lab.pass(10_000);
    expect(lab.machine.phase).toBe("sealing");
    expect(lab.take().filter((command) => !command.startsWith("seal "))).toEqual([]);
    lab.up("a");
    lab.sealed("a", { logEpoch: 4, logEnd: 8 });
    lab.pass(300);
    expect(lab.take()).toContain("recover a@5 4/8");
  });

  test("chooses nobody once another coordinator has gone on: who answered may be no member any more", () => {
    const lab = sealing();
    lab.sealed("b", { logEpoch: 4, logEnd: 7 });
    lab.record = { ...lab.record, epoch: lab.record.epoch + 1, configState: "active", leader: "a" };
    lab.sealed("c", { logEpoch: 4, logEnd: 7 }, lab.record.epoch - 1);
    lab.pass(6_000);
    expect(lab.take().filter((command) => !command.startsWith("seal "))).toEqual([]);
    expect(lab.machine.phase).toBe("idle");
  });

  test("waits for a quorum without burning epochs, and asks a node that comes back", () => {
    const lab = sealing();
    lab.down("c");
    lab.sealed("b", { logEpoch: 4, logEnd: 7 });
    lab.pass(60_000);
    expect(lab.take()).toEqual([]);
    expect(lab.record.epoch).toBe(5);
    lab.up("c");
    expect(lab.take()).toEqual(["seal c@5"]);
    lab.sealed("c", { logEpoch: 4, logEnd: 7 });
    expect(lab.take()).toHaveLength(1);
  });

  test("forgets the answer of a member that dies before the quorum", () => {
    const lab = sealing();
    lab.sealed("b", { logEpoch: 4, logEnd: 7 });
    lab.down("b");
    lab.sealed("c", { logEpoch: 4, logEnd: 5 });
    expect(lab.take()).toEqual([]);
  });

  test("burns a higher epoch when the chosen one dies, refuses or does not open in time", () => {
    for (const trouble of ["dies", "refuses", "hangs"] as const) {
      const lab = sealing();
      lab.sealed("b", { logEpoch: 4, logEnd: 7 });
      lab.sealed("c", { logEpoch: 4, logEnd: 5 });
      expect(lab.take()).toEqual(["recover b@5 4/7"]);
      if (trouble === "dies") lab.down("b");
      if (trouble === "refuses") lab.feed({ type: "recoverAnswered", epoch: 5, ok: false, why: "boot" });
      if (trouble === "hangs") lab.pass(8_100);
      expect(lab.take(), trouble).toEqual(["burn 5→6"]);
      // The old attempt opens after all: nobody may believe it.
      lab.feed({ type: "leading", nodeId: "b", epoch: 5 });
      expect(lab.take(), trouble).toEqual([]);
    }
  });

  test("jumps over promises that the metadata does not know", () => {
    const lab = sealing();
    lab.sealed("b", { ok: false, promisedEpoch: 12 });
    expect(lab.take()).toEqual(["burn 5→13"]);
  });

  test("dies again while its activation is being written", () => {
    const lab = sealing();
    lab.sealed("b", { logEpoch: 4, logEnd: 7 });
    lab.sealed("c", { logEpoch: 4, logEnd: 7 });
    lab.feed({ type: "leading", nodeId: "b", epoch: 5 });
    lab.take();
    lab.feed({ type: "leaderLost", nodeId: "b", epoch: 5, why: "resigned" });
    expect(lab.take()).toEqual([]);
    lab.feedCas("activate");
    expect(lab.record).toMatchObject({ configState: "active", leader: "b" });
    expect(lab.take()).toEqual(["burn 5→6"]);
  });
});

describe("leadership reports", () => {
  test("of another epoch or another node change nothing", () => {
    const lab = new EpochLab(shardRecord(active));
    lab.feed({ type: "leaderLost", nodeId: "a", epoch: 3, why: "late" });
    lab.feed({ type: "leaderLost", nodeId: "b", epoch: 4, why: "not the leader" });
    lab.feed({ type: "leading", nodeId: "b", epoch: 4 }, { type: "leading", nodeId: "b", epoch: 5 });
    expect(lab.take()).toEqual([]);
    expect(lab.machine.phase).toBe("idle");
  });

  test("settle a shard that a restarted coordinator finds recovering, without a new epoch", () => {
    const lab = new EpochLab(shardRecord({ ...active, configState: "recovering", leader: "" }));
    lab.feed({ type: "leading", nodeId: "c", epoch: 4 });
    lab.carryOutCas();
    expect(lab.record).toMatchObject({ epoch: 4, configState: "active", leader: "c" });
  });

  test("a leader that resigned is passed over while the others are a quorum", () => {
    const lab = new EpochLab(shardRecord(active));
    lab.feed({ type: "leaderLost", nodeId: "a", epoch: 4, why: "no quorum" });
    lab.carryOutCas();
    lab.take();
    lab.sealed("a", { logEpoch: 4, logEnd: 50 });
    lab.sealed("b", { logEpoch: 4, logEnd: 7 });
    expect(lab.take()).toEqual([]);
    lab.sealed("c", { logEpoch: 4, logEnd: 9 });
    expect(lab.take()).toEqual(["recover c@5 4/9"]);
  });
});

test("a lost compare-and-set ends the attempt", () => {
  const lab = new EpochLab(shardRecord(active));
  lab.down("a");
  lab.take();
  lab.record = { ...lab.record, epoch: 9, leader: "b" };
  lab.feed({ type: "burnt", toEpoch: 5, ok: false });
  expect(lab.take()).toEqual([]);
  expect(lab.machine.phase).toBe("idle");
});

test("one replica needs one answer", () => {
  const [first] = shardRecord(active).set;
  const lab = new EpochLab(shardRecord({ ...active, set: first === undefined ? [] : [first] }));
  lab.feed({ type: "nodeDown", nodeId: "a" });
  lab.carryOutCas();
  lab.take();
  lab.sealed("a", { logEpoch: 4, logEnd: 3 });
  expect(lab.take()).toEqual(["recover a@5 4/3"]);
});

test("a shard that is being dropped gets no leader", () => {
  const lab = new EpochLab(shardRecord({ ...active, state: "dropping" }));
  lab.down("a");
  expect(lab.take()).toEqual([]);
});

test("a follower that becomes suspect in the epoch in force gets a new epoch under the same leader, and is repaired", () => {
  const lab = new EpochLab(shardRecord({ state: "open", configState: "active", epoch: 4, leader: "b" }));
  lab.feed({ type: "suspect", nodeId: "c", epoch: 3 });
  expect(lab.take()).toEqual([]);
  lab.feed({ type: "suspect", nodeId: "c", epoch: 4 });
  lab.carryOutCas();
  lab.take();
  lab.sealed("c", { suspect: true, logEpoch: 4, logEnd: 9 });
  lab.sealed("a", { logEpoch: 4, logEnd: 7 });
  lab.sealed("b", { logEpoch: 4, logEnd: 7 });
  expect(lab.take()).toEqual(["recover b@5 4/7"]);
});

test("one that becomes suspect while the epoch is being opened gets the next", () => {
  const lab = new EpochLab(shardRecord({ state: "open", configState: "active", epoch: 4, leader: "b" }));
  lab.down("b");
  lab.carryOutCas();
  lab.sealed("a", { logEpoch: 4, logEnd: 7 });
  lab.sealed("c", { logEpoch: 4, logEnd: 7 });
  lab.feed({ type: "leading", nodeId: "a", epoch: 5 }, { type: "suspect", nodeId: "c", epoch: 5 });
  lab.take();
  lab.carryOutCas();
  expect(lab.record).toMatchObject({ epoch: 5, configState: "active", leader: "a" });
  expect(lab.take()).toEqual(["burn 5→6"]);
});

test("a suspect follower waits for its repair until sound members are a majority", () => {
  const lab = new EpochLab(shardRecord(active));
  lab.down("b");
  lab.feed({ type: "suspect", nodeId: "c", epoch: 4 });
  lab.up("b");
  expect(lab.take()).toEqual([]);
  lab.feed({ type: "suspect", nodeId: "c", epoch: 4 });
  expect(lab.take()).toEqual(["burn 4→5"]);
});
