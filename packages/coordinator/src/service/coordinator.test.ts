import { beforeEach, describe, expect, test } from "vitest";
import { FakeCluster } from "./testing/fake-cluster.ts";
import type { FakeNode } from "./testing/fake-nodes.ts";

let cluster = new FakeCluster();
beforeEach(() => {
  cluster = new FakeCluster();
});

async function withStream(shardCount = 3): Promise<void> {
  await cluster.start();
  await cluster.control("CreateStream", { StreamName: "s", ShardCount: shardCount });
  await cluster.pass(1_000);
}
const node = (nodeId: string): FakeNode => {
  const found = cluster.nodes.get(nodeId);
  if (found === undefined) throw new Error(nodeId);
  return found;
};

describe("registration", () => {
  test("refuses an old disk, a disk of another cluster and a node without a zone", async () => {
    await cluster.start();
    await cluster.join("a", { boot: 7 });
    expect(await cluster.join("a", { boot: 6 })).toMatchObject({
      accepted: false,
      why: expect.stringContaining("old copy"),
    });
    expect(await cluster.join("d", { clusterId: "foreign" })).toMatchObject({ accepted: false });
    expect(await cluster.join("a", { boot: 7 })).toMatchObject({ accepted: true, clusterId: "uuid-1" });
    expect(cluster.map().nodes.map(({ nodeId, alive }) => [nodeId, alive])).toEqual([
      ["a", true],
      ["b", true],
      ["c", true],
    ]);
  });

  test("a node whose boot is not the registered one is told to register again", async () => {
    await cluster.start();
    await cluster.pass(100);
    node("a").boot = 9;
    await cluster.pass(100);
    expect(node("a").stream?.directives.map((directive) => directive.registerAgain)).toEqual([false, true]);
  });
});

describe("a stream", () => {
  test("is created with spread leaders and becomes ACTIVE", async () => {
    await withStream();
    expect(cluster.summary()).toEqual(["1:open a@1", "2:open b@1", "3:open c@1"]);
    expect(cluster.map().shards.map(({ shardUid, state, leader }) => [shardUid, state, leader])).toEqual([
      [1, "open", "a"],
      [2, "open", "b"],
      [3, "open", "c"],
    ]);
  });

  test("waits for a node in a third zone", async () => {
    await cluster.start(["a", "b"]);
    await cluster.control("CreateStream", { StreamName: "s", ShardCount: 1 });
    await cluster.pass(5_000);
    expect(cluster.summary()).toEqual(["1:creating @0"]);
    await cluster.join("c");
    await cluster.pass(1_000);
    expect(cluster.shards()).toMatchObject([{ state: "open", configState: "active", epoch: 1 }]);
  });

  test("opens with two of three; the third replica is made when its node answers, as suspect", async () => {
    await cluster.start();
    await cluster.pass(100);
    node("c").deaf = true;
    await cluster.control("CreateStream", { StreamName: "s", ShardCount: 2 });
    await cluster.pass(1_000);
    expect(cluster.shards().every((shard) => shard.state === "open")).toBe(true);
    expect(node("c").replicas.size).toBe(0);
    await cluster.join("c");
    await cluster.pass(1_000);
    expect([...node("c").replicas.values()].map((replica) => replica.suspect)).toEqual([true, true]);
  });

  test("a coordinator that starts again asks every node what it holds, and has made what is missing", async () => {
    await cluster.start();
    await cluster.pass(100);
    node("c").deaf = true;
    await cluster.control("CreateStream", { StreamName: "s", ShardCount: 2 });
    await cluster.pass(1_000);
    cluster.stop();
    node("c").deaf = false;
    await cluster.start();
    await cluster.pass(1_000);
    expect(node("c").stream?.directives.at(-1)?.registerAgain).toBe(true);
    await cluster.join("c", { boot: node("c").boot });
    await cluster.pass(1_000);
    expect([...node("c").replicas.values()].map((replica) => replica.suspect)).toEqual([true, true]);
    expect(node("c").stream?.directives.at(-1)?.registerAgain).toBe(false);
  });

  test("goes without a trace, and a dead node gets its tombstones when it returns", async () => {
    await withStream();
    node("b").crash();
    await cluster.pass(500);
    await cluster.control("DeleteStream", { StreamName: "s" });
    await cluster.pass(1_000);
    await expect(cluster.control("DescribeStreamSummary", { StreamName: "s" })).rejects.toThrow("ResourceNotFound");
    expect(cluster.shards()).toEqual([]);
    expect([node("a").replicas.size, node("c").replicas.size]).toEqual([0, 0]);
    expect(cluster.tombstones()).toHaveLength(3);
    cluster.stop();
    await cluster.start();
    await cluster.join("b");
    await cluster.pass(1_000);
    expect(node("b").replicas.size).toBe(0);
    expect(cluster.tombstones()).toEqual([]);
  });
});

describe("failover", () => {
  test("follows a crash: only the dead leader's shards get a new epoch", async () => {
    await withStream();
    node("a").crash();
    await cluster.pass(600);
    expect(cluster.shards()[0]).toMatchObject({ epoch: 2, configState: "active", state: "open" });
    expect(cluster.summary().slice(1)).toEqual(["2:open b@1", "3:open c@1"]);
    expect(cluster.map().nodes.find((entry) => entry.nodeId === "a")?.alive).toBe(false);
  });

  test("follows a hang within two seconds", async () => {
    await withStream();
    node("a").deaf = true;
    await cluster.pass(2_200);
    expect(cluster.shards()[0]).toMatchObject({ epoch: 2, configState: "active" });
    expect(cluster.shards()[0]?.leader).not.toBe("a");
  });

  test("follows a restart and a resignation, and seals all shards of a node in one call", async () => {
    await withStream(6);
    const before = node("b").calls.length;
    node("a").crash();
    await cluster.join("a");
    await cluster.pass(1_000);
    expect(
      node("b")
        .calls.slice(before)
        .filter((call) => call.startsWith("seal")),
    ).toEqual(["seal 1,4"]);
    expect(cluster.shards().filter((shard) => shard.epoch === 2)).toHaveLength(2);
    node("b").say("RESIGNED", 2, 1);
    await cluster.pass(600);
    expect(cluster.shards()[1]).toMatchObject({ epoch: 2, configState: "active" });
    expect(cluster.shards()[1]?.leader).not.toBe("b");
  });

  test("finds a leader that stopped leading without a word", async () => {
    await withStream(1);
    const replica = node("a").replicas.get(1);
    Object.assign(replica ?? {}, { leads: 0 });
    await cluster.pass(30_000);
    expect(cluster.shards()[0]).toMatchObject({ epoch: 2, configState: "active" });
  });

  test("follows the crash of a node with thousands of leaders, a bounded number at a time", async () => {
    await withStream(3_300);
    await cluster.pass(2_000);
    const led = cluster.shards().filter(({ leader }) => leader === "a");
    expect(led.length).toBeGreaterThan(1_000);
    for (const each of cluster.nodes.values()) each.calls.length = 0;
    node("a").deaf = true;
    node("a").stream?.emit("close");
    await cluster.pass(4_000);
    expect(cluster.shards().filter(({ leader, configState }) => leader === "a" || configState !== "active")).toEqual(
      [],
    );
    const sealed = node("b").calls.filter((call) => call.startsWith("seal "));
    const counts = sealed.map((call) => call.split(/[ ,]/).length - 1);
    expect(Math.max(...counts)).toBeLessThanOrEqual(1_000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(led.length);
  });

  test("a restarted coordinator changes nothing for leaders that live", async () => {
    await withStream();
    const before = cluster.summary();
    cluster.stop();
    await cluster.start();
    await cluster.pass(40_000);
    expect(cluster.summary()).toEqual(before);
    expect(cluster.map().version).toBeGreaterThan(2_000_000_000 - 1);
  });

  test("a restarted coordinator notices who died meanwhile", async () => {
    await withStream();
    cluster.stop();
    node("c").crash();
    await cluster.start();
    await cluster.pass(1_500);
    expect(cluster.summary()).toEqual(["1:open a@1", "2:open b@1", "3:open c@1"]);
    await cluster.pass(3_000);
    expect(cluster.shards()[2]).toMatchObject({ epoch: 2, configState: "active" });
  });
});

describe("a reshard", () => {
  const split = {
    StreamName: "s",
    ShardToSplit: "shardId-000000000000",
    NewStartingHashKey: "170141183460469231731687303715884105728",
  };

  test("opens the children, closes the parent at its leader, and switches over", async () => {
    await withStream(1);
    await cluster.control("SplitShard", split);
    await cluster.pass(1_500);
    expect(cluster.shards().map(({ state, endOffset }) => [state, endOffset])).toEqual([
      ["closed", 7],
      ["open", 0],
      ["open", 0],
    ]);
  });

  test("a closed shard goes when its retention is over, which the coordinator's clock does not decide alone", async () => {
    await withStream(1);
    await cluster.control("SplitShard", split);
    await cluster.pass(1_500);
    cluster.wallErrorMs = 365 * 86_400_000;
    await cluster.pass(2_000);
    expect(cluster.shards().map((shard) => shard.state)).toEqual(["closed", "open", "open"]);
    cluster.wallErrorMs = 0;
    cluster.skippedMs = 25 * 3_600_000;
    await cluster.pass(2_000);
    expect(cluster.shards().map((shard) => shard.state)).toEqual(["open", "open"]);
  });

  test("survives a coordinator that heard of the close and died before it was written", async () => {
    await withStream(1);
    const leader = node(cluster.shards()[0]?.leader ?? "");
    for (const id of ["a", "b", "c"]) {
      const replica = node(id).replicas.get(1);
      if (replica !== undefined) replica.closed = true;
    }
    await cluster.control("SplitShard", split);
    cluster.stop();
    await cluster.start();
    await cluster.pass(12_000);
    expect(leader.calls.some((call) => call.startsWith("close"))).toBe(true);
    expect(cluster.shards().map((shard) => shard.state)).toEqual(["closed", "open", "open"]);
  });
});

test("hot shards of an on-demand stream are split by themselves", async () => {
  await cluster.start();
  await cluster.control("CreateStream", { StreamName: "s", StreamModeDetails: { StreamMode: "ON_DEMAND" } });
  await cluster.pass(1_000);
  expect(cluster.shards()).toHaveLength(4);
  for (const each of cluster.nodes.values()) each.bytesPerSecond = 1_000_000;
  await cluster.pass(40_000);
  expect(cluster.shards().filter((shard) => shard.state === "closed").length).toBeGreaterThan(0);
  expect(cluster.shards().filter((shard) => shard.state === "open").length).toBeGreaterThan(4);
});

test("control calls are paced as AWS paces them when limits are on", async () => {
  cluster.limits = "aws";
  await cluster.start();
  const calls = Array.from({ length: 12 }, () => cluster.control("ListStreams", {}).then(() => "ok", String));
  const answers = await Promise.all(calls);
  expect(answers.filter((answer) => answer === "ok")).toHaveLength(5);
  expect(answers.at(-1)).toContain("LimitExceededException: Rate exceeded");
  await cluster.pass(1_000);
  expect(await cluster.control("ListStreams", {})).toMatchObject({ StreamNames: [] });
  await expect(cluster.control("Nonsense", {})).rejects.toThrow("USAGE");
});

test("repeats of a request that was carried out are not paced", async () => {
  cluster.limits = "aws";
  await cluster.start();
  await cluster.pass(1_000);
  const create = (): Promise<unknown> => cluster.control("CreateStream", { StreamName: "s", ShardCount: 1 }, "first");
  await create();
  expect(await Promise.all(Array.from({ length: 20 }, create))).toHaveLength(20);
  expect(cluster.shards()).toHaveLength(1);
});
