/** Operators' commands and what the coordinator makes of them, over fake nodes. */
import { beforeEach, expect, test } from "vitest";
import type { StreamRestore } from "../operate/operate-contract.ts";
import { FakeCluster } from "./testing/fake-cluster.ts";
import type { FakeNode } from "./testing/fake-nodes.ts";

let cluster = new FakeCluster();
beforeEach(async () => {
  cluster = new FakeCluster();
  await cluster.start();
  await cluster.control("CreateStream", { StreamName: "s", ShardCount: 3 });
  await cluster.pass(3_000);
});

const node = (nodeId: string): FakeNode => {
  const found = cluster.nodes.get(nodeId);
  if (found === undefined) throw new Error(nodeId);
  return found;
};
const sets = (): string[] => cluster.shards().map(({ set }) => set.map(({ nodeId }) => nodeId).join());
const leaders = (): string =>
  cluster
    .shards()
    .map(({ leader }) => leader)
    .join();
const dutyOf = (nodeId: string): unknown =>
  cluster.operate("cluster.status", {}).then(({ nodes }) => nodes.find((each) => each.nodeId === nodeId)?.duty);

test("a shard moves: learner, changed set, tombstone", async () => {
  await cluster.join("a2");
  await cluster.pass(300);
  await cluster.operate("shard.move", { stream: "s", shardId: "1", to: "a2" });
  expect(cluster.shards()[1]?.pending?.add.nodeId).toBe("a2");
  await cluster.pass(1_500);
  expect(sets()[1]).toBe("a2,b,c");
  expect(node("a2").calls.some((call) => call.startsWith("create 2"))).toBe(true);
  await cluster.pass(1_000);
  expect([node("a").replicas.has(2), cluster.tombstones()]).toEqual([false, []]);
  expect(cluster.shards().every(({ configState }) => configState === "active")).toBe(true);
});

test("a move waits for its learner, and the old copy for the new one", async () => {
  await cluster.join("a2");
  await cluster.pass(300);
  await cluster.operate("shard.move", { stream: "s", shardId: "1", to: "a2" });
  const uuid = cluster.shards()[1]?.pending?.add.replicaUuid ?? "";
  node("b").lagging.add(uuid);
  await cluster.pass(3_000);
  expect(sets()[1]).toBe("a,b,c");
  const { attention, healthy } = await cluster.operate("cluster.status", {});
  expect([attention[0]?.move?.recordsBehind, healthy]).toEqual([1_000_000, false]);
  node("b").lagging.clear();
  await cluster.pass(3_000);
  expect(sets()[1]).toBe("a2,b,c");
});

test("the leader itself can be moved away: first its leadership, then its copy", async () => {
  await cluster.join("a2");
  await cluster.pass(300);
  expect(leaders()).toBe("a,b,c");
  await cluster.operate("shard.move", { stream: "s", shardId: "0", from: "a", to: "a2" });
  await cluster.pass(4_000);
  expect(sets()[0]).toBe("a2,b,c");
  expect(node("a").calls).toContain("handOver 1");
});

test("a coordinator that starts again goes on with the move", async () => {
  await cluster.join("a2");
  await cluster.pass(300);
  await cluster.operate("shard.move", { stream: "s", shardId: "1", to: "a2" });
  cluster.stop();
  await cluster.start();
  await cluster.pass(6_000);
  expect(sets()[1]).toBe("a2,b,c");
});

test("draining moves leaders away and back; it takes no new copies meanwhile", async () => {
  await cluster.operate("node.drain", { nodeId: "a" });
  await cluster.pass(1_500);
  expect(leaders()).not.toContain("a");
  expect(sets()).toEqual(["a,b,c", "a,b,c", "a,b,c"]);
  const reasons = async (): Promise<readonly string[]> => (await cluster.operate("cluster.status", {})).reasons;
  const drained = "node a in zone zone-a is draining, which ends with millrace node undrain a";
  const zones = "nodes are needed in 3 zones, and there are some in";
  expect(await reasons()).toEqual([`${zones} 2 (zone-b, zone-c): ${drained}`]);
  node("b").crash();
  await cluster.pass(60_000);
  expect((await reasons()).at(-1)).toBe(`${zones} 1 (zone-c): ${drained}, start one in another zone`);
  await cluster.join("b");
  await cluster.operate("node.undrain", { nodeId: "a" });
  await cluster.pass(8_000);
  expect(await reasons()).toEqual([]);
  expect(leaders().split(",").toSorted()).toEqual(["a", "b", "c"]);
});

test("a coordinator that is about to stop finishes the moves under way and plans no others", async () => {
  await cluster.operate("node.drain", { nodeId: "a" });
  const conclude = (): boolean | undefined => cluster.coordinator?.conclude();
  const isUnderWay = (): boolean => cluster.shards().some(({ configState }) => configState !== "active");
  for (let step = 0; step < 15 && !isUnderWay(); step += 1) await cluster.pass(100);
  expect([isUnderWay(), conclude()]).toEqual([true, false]);
  await cluster.pass(1_500);
  expect([isUnderWay(), conclude()]).toEqual([false, true]);
  expect(leaders()).not.toContain("a");
  await cluster.operate("node.undrain", { nodeId: "a" });
  await cluster.pass(8_000);
  expect(leaders()).not.toContain("a");
});

test("a stopping node is told to stay until it leads nothing", async () => {
  node("a").stopping = true;
  await cluster.pass(100);
  expect(node("a").stream?.directives.at(-1)?.stay).toBe(true);
  await cluster.pass(2_000);
  expect(leaders()).not.toContain("a");
  expect(node("a").stream?.directives.at(-1)?.stay).toBe(false);
});

test("when all nodes stop, none is told to stay", async () => {
  for (const each of ["a", "b", "c"]) node(each).stopping = true;
  await cluster.pass(200);
  await cluster.pass(100);
  for (const each of ["a", "b", "c"]) expect(node(each).stream?.directives.at(-1)?.stay).toBe(false);
});

test("a new node gets its share of copies and leaders", async () => {
  await cluster.join("b2");
  await cluster.pass(20_000);
  const held = sets().filter((set) => set.includes("b2")).length;
  expect(held).toBe(1);
  expect((await cluster.operate("cluster.status", {})).reasons).toEqual([]);
});

test("decommissioning is refused without a node in the zone, and empties the node with one", async () => {
  await expect(cluster.operate("node.decommission", { nodeId: "c" })).rejects.toThrow("zone-c");
  await cluster.join("c2");
  await cluster.pass(300);
  await cluster.operate("node.decommission", { nodeId: "c" });
  await cluster.pass(20_000);
  expect(sets()).toEqual(["a,b,c2", "a,b,c2", "a,b,c2"]);
  expect(node("c").replicas.size).toBe(0);
  expect(await dutyOf("c")).toBe("decommissioned");
  expect(await cluster.join("c")).toMatchObject({ accepted: false, retired: true });
});

test("a node dead for long is replaced, and one in a zone without another is only named", async () => {
  await cluster.join("b2");
  await cluster.pass(20_000);
  node("b").crash();
  await cluster.pass(60_000);
  expect(sets().filter((set) => set.includes("b,")).length).toBeGreaterThan(0);
  await cluster.pass(30 * 60_000);
  expect(sets()).toEqual(["a,b2,c", "a,b2,c", "a,b2,c"]);
  node("c").crash();
  await cluster.pass(31 * 60_000);
  const { reasons } = await cluster.operate("cluster.status", {});
  expect(reasons.join()).toContain("3 replicas must leave zone zone-c");
}, 60_000);

test("who names a stream or shard that is not there is told which are, ten at most", async () => {
  const inspect = (stream: string): Promise<unknown> => cluster.operate("shard.list", { stream });
  await expect(inspect("t")).rejects.toThrow("there is no stream t; there are s");
  await expect(cluster.operate("stream.export", { stream: "s", region: "eu-west-1" })).rejects.toThrow(
    "there is no stream s; there are none yet",
  );
  const ids = "shardId-000000000000, shardId-000000000001, shardId-000000000002";
  await expect(cluster.operate("shard.list", { stream: "s", shardId: "99" })).rejects.toThrow(
    `stream s has no shard 99; there are ${ids}`,
  );
  const names = Array.from({ length: 11 }, (_, index) => `more-${String.fromCharCode(97 + index)}`);
  for (const StreamName of names) await cluster.control("CreateStream", { StreamName, ShardCount: 1 });
  await expect(inspect("t")).rejects.toThrow(`there are ${names.slice(0, 10).join(", ")} and 2 more`);
});

test("a restored stream has the shards, the times and the states of its backup, and is CREATING until then", async () => {
  const backup = await cluster.operate("stream.export", { stream: "s" });
  const copy = { ...backup, stream: { ...backup.stream, name: "copy", retentionHours: 48 } };
  const closed = { state: "closed", closedMs: 77, endOffset: 7, createdSeconds: 5 } as const;
  const shards = copy.shards.map((shard, index) => (index === 0 ? { ...shard, ...closed } : shard));
  await cluster.operate("stream.beginRestore", { ...copy, shards });
  await expect(cluster.operate("stream.finishRestore", { ...copy, shards })).rejects.toThrow("is not ready");
  await cluster.pass(1_000);
  // Asked again it goes on with the same shards.
  const made = await cluster.operate("stream.beginRestore", { ...copy, shards });
  expect(made.map(({ state, leader }) => [state, leader !== ""])).toEqual([
    ["ready", true],
    ["ready", true],
    ["ready", true],
  ]);
  await cluster.operate("stream.finishRestore", { ...copy, shards });
  expect(cluster.shards().slice(3)).toMatchObject([closed, { state: "open" }, { state: "open" }]);
  const summary = await cluster.control("DescribeStreamSummary", { StreamName: "copy" });
  expect(summary).toMatchObject({ StreamDescriptionSummary: { StreamStatus: "ACTIVE", RetentionPeriodHours: 48 } });
  await expect(cluster.operate("stream.beginRestore", { ...copy, shards })).rejects.toThrow(
    "already; choose another name with --name",
  );
});

test("an unfinished restore is continued from the same backup only, and the refusal names both", async () => {
  const backup = await cluster.operate("stream.export", { stream: "s" });
  const { clusterId } = backup;
  const from = (takenMs: number, name = "s"): StreamRestore => ({
    ...backup,
    stream: { ...backup.stream, name: "copy" },
    origin: { clusterId, streamUid: backup.stream.streamUid, name, takenMs },
  });
  await cluster.operate("stream.beginRestore", from(1));
  await cluster.pass(1_000);
  const refusal = new RegExp(
    `a restore of copy from the backup of s \\(stream 1 of cluster ${clusterId}\\) taken 1970-01-01T00:00:00.001Z is unfinished, ` +
      "and this is the backup of t .* taken 1970-01-01T00:00:00.002Z: .*--abandon",
  );
  await expect(cluster.operate("stream.beginRestore", from(2, "t"))).rejects.toThrow(refusal);
  await expect(cluster.operate("stream.finishRestore", from(2, "t"))).rejects.toThrow(refusal);
  const fewer = { ...from(1), shards: backup.shards.slice(1) };
  await expect(cluster.operate("stream.beginRestore", fewer)).rejects.toThrow("is unfinished");
  await cluster.operate("stream.beginRestore", from(1));
  await cluster.operate("stream.finishRestore", from(1));
  const again = await cluster.operate("stream.export", { stream: "copy" });
  expect([again.stream.status, again.stream.restoredFrom]).toEqual(["ACTIVE", undefined]);
});

test("a restore is refused a name that no client could read or delete", async () => {
  const backup = await cluster.operate("stream.export", { stream: "s" });
  for (const name of ["bad name", "", "y".repeat(129), "a/b", "a\n"]) {
    const copy = { ...backup, stream: { ...backup.stream, name } };
    await expect(cluster.operate("stream.beginRestore", copy)).rejects.toThrow("choose another with --name");
  }
  const longest = { ...backup, stream: { ...backup.stream, name: "y".repeat(128) } };
  expect(await cluster.operate("stream.beginRestore", longest)).toHaveLength(3);
});

test("a restore that was given up and begun anew is not finished by whoever began the first", async () => {
  const backup = await cluster.operate("stream.export", { stream: "s" });
  const copy = { ...backup, stream: { ...backup.stream, name: "copy" } };
  const begin = async (): Promise<number[]> =>
    (await cluster.operate("stream.beginRestore", copy)).map(({ shardUid }) => shardUid);
  const first = await begin();
  await cluster.operate("stream.abandonRestore", copy);
  await cluster.pass(1_000);
  const second = await begin();
  await cluster.pass(1_000);
  const finish = (begunUids: readonly number[]): Promise<unknown> =>
    cluster.operate("stream.finishRestore", { ...copy, begunUids });
  await expect(finish(first)).rejects.toThrow("begun anew");
  expect(await finish(second)).toHaveLength(3);
});

test("a restore that is given up leaves nothing", async () => {
  const backup = await cluster.operate("stream.export", { stream: "s" });
  const copy = { ...backup, stream: { ...backup.stream, name: "copy" } };
  await cluster.operate("stream.beginRestore", copy);
  await cluster.pass(1_000);
  await cluster.operate("stream.abandonRestore", copy);
  await cluster.pass(2_000);
  expect([cluster.shards().length, cluster.tombstones()]).toEqual([3, []]);
  await expect(cluster.operate("stream.abandonRestore", copy)).rejects.toThrow("not being restored");
});

test("a coordinator that has just begun does not call a cluster healthy before every node with replicas was heard of", async () => {
  expect((await cluster.operate("cluster.status", {})).reasons).toEqual([]);
  cluster.stop();
  node("c").deaf = true;
  await cluster.start();
  await cluster.pass(500);
  const { reasons } = await cluster.operate("cluster.status", {});
  expect(reasons).toContain("node c has not been heard of since this coordinator began");
  expect(reasons.filter((reason) => reason.startsWith("node "))).toHaveLength(1);
});

test("a copy that has stopped itself is told of, is not level, and goes on at an operator's word", async () => {
  const { shardId } = (await cluster.operate("shard.list", { stream: "s" }))[0] ?? { shardId: "" };
  const resume = (nodeId: string): Promise<unknown> =>
    cluster.operate("shard.resume", { stream: "s", shardId, nodeId, keepLog: false });
  await expect(resume("b")).rejects.toThrow("is not stopped");
  node("b").say("HALTED", 1, 1);
  await cluster.pass(300);
  const { healthy, reasons } = await cluster.operate("cluster.status", {});
  expect(healthy).toBe(false);
  expect(reasons.join()).toContain("the copy of s 0 on node b is stopped: see millrace shard resume");
  await resume("b");
  expect(node("b").calls).toContain("resume 1");
  expect(await cluster.operate("cluster.status", {})).toMatchObject({ healthy: true });
  node("b").say("HALTED", 1, 1);
  await cluster.pass(20_000);
  expect(await cluster.operate("cluster.status", {})).toMatchObject({ healthy: true });
});
