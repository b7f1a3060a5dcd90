import { expect, test } from "vitest";
import { ClusterTables } from "../state/cluster-tables.ts";
import type { StateChange } from "../state/cluster-state.ts";
import { encodeChange, decodeRecord } from "../state/record-codec.ts";
import { check, SCRIPT_ACCOUNT, type ScriptedCluster } from "./control-script.test-support.ts";
import { REPLIES_MAX, REPLY_AGE_MS } from "./repeated-request.ts";

const StreamName = "s";
const StreamARN = `arn:aws:kinesis:us-east-1:${SCRIPT_ACCOUNT}:stream/s`;
const [first, second] = ["shardId-000000000000", "shardId-000000000001"];
const settings = { ScalingType: "UNIFORM_SCALING", TargetShardCount: 4 };

/** A cluster with one stream of two shards. */
const withStream = (): ScriptedCluster => check([["CreateStream", { StreamName, ShardCount: 2 }, "ok"], ["settle"]]);

/** What the next coordinator loads. */
function reload({ tables: { cluster, replies, ...tables } }: ScriptedCluster): ClusterTables {
  const changes: StateChange[] = [
    ...[...tables.streams].map(([key, value]) => ({ table: "stream", key, value }) as const),
    ...[...tables.shards].map(([key, value]) => ({ table: "shard", key, value }) as const),
    ...[...tables.consumers].map(([key, value]) => ({ table: "consumer", key, value }) as const),
    ...[...replies].map(([key, value]) => ({ table: "reply", key, value }) as const),
  ];
  const loaded = new ClusterTables(cluster);
  for (const { key, value } of changes.map(encodeChange)) loaded.apply([decodeRecord(key, value ?? new Uint8Array())]);
  return loaded;
}

test.each([
  ["CreateStream", { StreamName: "t", ShardCount: 1 }, "ResourceInUseException"],
  ["DeleteStream", { StreamName }, "ResourceInUseException"],
  ["UpdateShardCount", { StreamName, ...settings }, "ResourceInUseException"],
  ["SplitShard", { StreamName, ShardToSplit: first, NewStartingHashKey: "1000" }, "ResourceInUseException"],
  ["MergeShards", { StreamName, ShardToMerge: first, AdjacentShardToMerge: second }, "ResourceInUseException"],
  ["RegisterStreamConsumer", { StreamARN, ConsumerName: "c" }, "ResourceInUseException"],
])(
  "%s is carried out once, and its repeat gets the first answer from the next coordinator too",
  (operation, input, refusal) => {
    const cluster = withStream();
    const answer = cluster.call(operation, input, "id");
    expect(typeof answer).not.toBe("string");
    const loaded = reload(cluster);
    const next = Object.assign(cluster, { tables: loaded });
    const before = [...loaded.streams, ...loaded.shards, ...loaded.consumers];
    expect(next.call(operation, input, "id")).toEqual(answer);
    expect(next.call(operation, input, "id")).toEqual(answer);
    expect([...loaded.streams, ...loaded.shards, ...loaded.consumers]).toEqual(before);
    expect(loaded.replies.size).toBe(1);
    expect(next.call(operation, input, "another id")).toMatch(refusal);
  },
);

test("the goal of UpdateShardCount is stored with its acceptance, and the next coordinator carries the rounds out", () => {
  const cluster = check([["CreateStream", { StreamName, ShardCount: 3 }, "ok"], ["settle"]]);
  const input = { StreamName, ScalingType: "UNIFORM_SCALING", TargetShardCount: 5 };
  const answer = cluster.call("UpdateShardCount", input, "id");
  expect(answer).toMatchObject({ CurrentShardCount: 3, TargetShardCount: 5 });
  for (let step = 0; step < 12; step += 1) {
    Object.assign(cluster, { tables: reload(cluster) });
    expect(cluster.call("UpdateShardCount", input, "id")).toEqual(answer);
    cluster.work();
    cluster.advance();
  }
  cluster.settle();
  expect(cluster.stream(StreamName)).toMatchObject({ status: "ACTIVE" });
  const open = [...cluster.tables.shards.values()].filter(({ state }) => state === "open");
  expect(open).toHaveLength(5);
  expect(cluster.stream(StreamName)?.shardCountUpdatesMs).toHaveLength(1);
});

test("a stream or consumer that was deleted is made again, while a repeated deletion spares what was made since", () => {
  const cluster = withStream();
  const create = { StreamName: "t", ShardCount: 1 };
  const register = { StreamARN, ConsumerName: "c" };
  const make = (): unknown[] => [
    cluster.call("CreateStream", create, "a"),
    cluster.call("RegisterStreamConsumer", register, "b"),
  ];
  const remove = (): unknown[] => [
    cluster.call("DeleteStream", { StreamName: "t" }, "c"),
    cluster.call("DeregisterStreamConsumer", register, "d"),
  ];
  const made = make();
  cluster.settle();
  expect(make()).toEqual(made);
  expect(remove()).toEqual([undefined, undefined]);
  expect(make()).toEqual([
    expect.stringMatching("ResourceInUseException"),
    expect.stringMatching("ResourceInUseException"),
  ]);
  cluster.settle();
  expect(cluster.stream("t")).toBeUndefined();
  const again = make();
  expect(again[1]).toMatchObject({ Consumer: { ConsumerStatus: "CREATING" } });
  expect(again[1]).not.toEqual(made[1]);
  Object.assign(cluster, { tables: reload(cluster) });
  expect(make()).toEqual(again);
  expect(remove()).toEqual([undefined, undefined]);
  cluster.settle();
  expect(cluster.stream("t")).toMatchObject({ status: "ACTIVE" });
  expect(cluster.tables.consumers.size).toBe(1);
});

test("another input, account or operation under the same id is another request", () => {
  const cluster = withStream();
  cluster.call("AddTagsToStream", { StreamName, Tags: { a: "1" } }, "id");
  cluster.call("AddTagsToStream", { StreamName, Tags: { b: "2" } }, "id");
  expect(cluster.stream(StreamName)?.tags).toEqual({ a: "1", b: "2" });
  cluster.call("RemoveTagsFromStream", { StreamName, TagKeys: ["a"] }, "id");
  expect(cluster.stream(StreamName)?.tags).toEqual({ b: "2" });
});

test("nothing is kept of what was refused, changed nothing, only read, or has no id", () => {
  const cluster = withStream();
  expect(cluster.call("DeleteStream", { StreamName: "none" }, "a")).toMatch("ResourceNotFoundException");
  expect(cluster.call("UpdateShardCount", { StreamName, ...settings, TargetShardCount: 2 }, "b")).toBeInstanceOf(
    Object,
  );
  expect(cluster.call("ListStreams", {}, "c")).toBeInstanceOf(Object);
  cluster.call("AddTagsToStream", { StreamName, Tags: { a: "1" } });
  expect(cluster.tables.replies.size).toBe(0);
  // A refused request may be granted when it comes again.
  expect(cluster.call("CreateStream", { StreamName: "none", ShardCount: 1 }, "d")).toBeUndefined();
  expect(cluster.call("DeleteStream", { StreamName: "none" }, "a")).toMatch("ResourceInUseException");
  cluster.settle();
  expect(cluster.call("DeleteStream", { StreamName: "none" }, "a")).toBeUndefined();
});

test("a cluster that is not at version 2 yet gets no record that older coordinators do not know", () => {
  const cluster = withStream();
  cluster.tables.cluster = { ...cluster.tables.cluster, protocolVersion: 1 };
  cluster.call("DeleteStream", { StreamName }, "id");
  expect(cluster.tables.replies.size).toBe(0);
});

test("a reply is forgotten when it is old, by whichever clock", () => {
  const cluster = withStream();
  const make = (): unknown => cluster.call("CreateStream", { StreamName: "t", ShardCount: 1 }, "id");
  expect(make()).toBeUndefined();
  cluster.nowMs += REPLY_AGE_MS - 1;
  expect(make()).toBeUndefined();
  cluster.nowMs += 1;
  expect(make()).toMatch("ResourceInUseException");
  cluster.nowMs -= 2 * REPLY_AGE_MS;
  expect(make()).toMatch("ResourceInUseException");
});

test("the oldest replies make room, the old ones faster than new ones come", () => {
  const cluster = withStream();
  const tag = (id: number): unknown => cluster.call("AddTagsToStream", { StreamName, Tags: { a: `${id}` } }, `${id}`);
  for (let id = 0; id < REPLIES_MAX + 10; id += 1) tag(id);
  expect(cluster.tables.replies.size).toBe(REPLIES_MAX);
  expect(cluster.tables.repliesByRequest.size).toBe(REPLIES_MAX);
  expect([...cluster.tables.replies.keys()].at(0)).toBe(11);
  cluster.nowMs += REPLY_AGE_MS;
  for (let id = 0; id < 10; id += 1) tag(id);
  expect(cluster.tables.replies.size).toBe(REPLIES_MAX - 10);
});
