import type { ClusterMapUpdate, ShardEntry } from "@millrace/model";
import { expect, test } from "vitest";
import { callApi, FakeCluster, shardEntry, STREAM, type FakeNode } from "../testing/fake-cluster.ts";

const HALF = (1n << 127n).toString();
const BELOW_HALF = ((1n << 127n) - 1n).toString();
const halves = [
  shardEntry({ shardUid: 1, shardIndex: 0, endingHashKey: BELOW_HALF }),
  shardEntry({ shardUid: 2, shardIndex: 1, startingHashKey: HALF, leader: "node-1" }),
];

function record(key: string, data: string, hashKey?: string): object {
  const base = { PartitionKey: key, Data: Buffer.from(data).toString("base64") };
  return hashKey === undefined ? base : { ...base, ExplicitHashKey: hashKey };
}

interface PutResult {
  readonly FailedRecordCount: number;
  readonly Records: readonly {
    readonly ShardId?: string;
    readonly SequenceNumber?: string;
    readonly ErrorCode?: string;
  }[];
}

async function putRecords(
  cluster: FakeCluster,
  records: readonly object[],
  headers?: Record<string, string>,
): Promise<PutResult> {
  const { status, body } = await callApi(cluster, "PutRecords", { StreamName: "s", Records: records }, headers);
  expect(status).toBe(200);
  return body as unknown as PutResult;
}

test("records go to the shards of their hash keys, results come back in the order of the request", async () => {
  await using cluster = await new FakeCluster(2).start(halves);
  const result = await putRecords(cluster, [
    record("a", "1", HALF),
    record("b", "2", "0"),
    record("c", "3", BELOW_HALF),
    record("d", "4", HALF),
  ]);
  expect(result.FailedRecordCount).toBe(0);
  expect(result.Records.map(({ ShardId }) => ShardId?.slice(-1))).toEqual(["1", "0", "0", "1"]);
  const numbers = result.Records.map(({ SequenceNumber }) => BigInt(SequenceNumber ?? 0));
  expect((numbers[3] ?? 0n) - (numbers[0] ?? 0n)).toBe(1n << 80n);
  expect(cluster.node(0).appends.map(({ recordCount, userBytes }) => [recordCount, userBytes])).toEqual([[2, 4]]);
});

test("the fast way and the general way store the same bytes", async () => {
  await using cluster = await new FakeCluster(2).start(halves);
  const records = ["x", "yy", "zzz"].map((key) => record(key, `data of ${key}`));
  await putRecords(cluster, records);
  // An escape in a key is beyond the scanner.
  const text = JSON.stringify({ StreamName: "s", Records: records }).replace('"x"', '"\\u0078"');
  expect((await callApi(cluster, "PutRecords", text)).status).toBe(200);
  for (const node of cluster.nodes) {
    const stored = node.appends.map(({ records: bytes }) => bytes.toString("hex"));
    expect(stored.slice(0, stored.length / 2)).toEqual(stored.slice(stored.length / 2));
  }
  expect(cluster.nodes.flatMap(({ appends }) => appends).length).toBeGreaterThan(1);
});

test("a node that does not lead names who does, and the put goes there", async () => {
  await using cluster = await new FakeCluster(2).start([shardEntry()]);
  cluster.node(0).answer = () => ({ status: "NOT_LEADER", leaderHint: "node-1" });
  expect(await putRecords(cluster, [record("a", "1")])).toMatchObject({ FailedRecordCount: 0 });
  expect(cluster.node(1).appends).toHaveLength(1);
});

test("without a leader the put waits for a newer map", async () => {
  await using cluster = await new FakeCluster(2).start([shardEntry({ leader: "" })]);
  const put = putRecords(cluster, [record("a", "1")]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  cluster.publish({ shards: [shardEntry({ leader: "node-1", epoch: 2 })] });
  expect(await put).toMatchObject({ FailedRecordCount: 0 });
});

test("records of a closed shard are placed anew on its children, each by its own key", async () => {
  await using cluster = await new FakeCluster(2).start([shardEntry({ shardUid: 9, shardIndex: 7 })]);
  cluster.node(0).answer = (append) =>
    append.shardUid === 9 ? { status: "SHARD_CLOSED" } : cluster.node(0).store(append);
  const put = putRecords(cluster, [record("a", "1", "0"), record("b", "2", HALF), record("c", "3", "5")]);
  await expect.poll(() => cluster.node(0).appends.length).toBe(1);
  cluster.publish({ shards: [shardEntry({ shardUid: 9, shardIndex: 7, state: "closed" }), ...halves] });
  const result = await put;
  expect(result.FailedRecordCount).toBe(0);
  expect(result.Records.map(({ ShardId }) => ShardId?.slice(-1))).toEqual(["0", "1", "0"]);
});

test("an append whose answer is lost is sent again and keeps its place", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  const node = cluster.node(0);
  node.answer = (append) => {
    node.answer = (repeat) => node.store(repeat);
    node.store(append);
    setImmediate(() => node.breakStreams());
    return undefined;
  };
  const [first] = (await putRecords(cluster, [record("a", "1")])).Records;
  const [second] = (await putRecords(cluster, [record("a", "1")])).Records;
  expect(BigInt(second?.SequenceNumber ?? 0) - BigInt(first?.SequenceNumber ?? 0)).toBe(1n << 80n);
  expect(node.appends.map(({ appendId }) => appendId.toString("hex"))).toEqual([
    node.appends[0]?.appendId.toString("hex"),
    node.appends[0]?.appendId.toString("hex"),
    expect.not.stringMatching(node.appends[0]?.appendId.toString("hex") ?? ""),
  ]);
});

test("what a hung leader was sent goes to the new leader as soon as the map names one", async () => {
  await using cluster = await new FakeCluster(2).start([shardEntry()]);
  const [hung, next] = [cluster.node(0), cluster.node(1)];
  hung.answer = (append) => {
    hung.store(append);
    return undefined;
  };
  const put = putRecords(cluster, [record("a", "1")]);
  await expect.poll(() => hung.appends.length).toBe(1);
  cluster.publish({ shards: [shardEntry({ leader: "node-1", epoch: 2 })] });
  expect(await put).toMatchObject({ FailedRecordCount: 0 });
  expect(next.appends.map(({ appendId }) => appendId)).toEqual(hung.appends.map(({ appendId }) => appendId));
  expect(next.chunk(1, 0).recordCount).toBe(1);
});

test("an append is asked for again until its records are committed", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  const node = cluster.node(0);
  node.answer = (append) => {
    const stored = node.store(append);
    return node.appends.length < 3 ? { status: "NO_QUORUM" } : stored;
  };
  expect(await putRecords(cluster, [record("a", "1")])).toMatchObject({ FailedRecordCount: 0 });
  expect(node.chunk(1, 0).recordCount).toBe(1);
});

/** The node stores appends, but of closed shards it only knows what it has, as a real leader does. */
function closeShards(node: FakeNode, shardUids: readonly number[]): void {
  node.answer = (append) =>
    shardUids.includes(append.shardUid) && !node.has(append) ? { status: "SHARD_CLOSED" } : node.store(append);
}

const MERGED: Partial<ClusterMapUpdate> = {
  shards: [
    ...halves.map((shard): ShardEntry => ({ ...shard, leader: "node-0", state: "closed" })),
    shardEntry({ shardUid: 3, shardIndex: 2, parentShardUids: [1, 2] }),
  ],
};
const at3 = { StreamName: "s", ...record("x", "which shard is it?") };
const TRIES = { "amz-sdk-invocation-id": "4f0e7a52-0c9d-4b4e-9f3e-6a1d2c3b4a59" };
const REPEAT = { ...TRIES, "amz-sdk-request": "attempt=2; max=3" };

test("an append of unknown outcome is placed anew when its shard is found closed and does not have it", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry({ shardUid: 9, shardIndex: 7 })]);
  const node = cluster.node(0);
  node.answer = () => {
    closeShards(node, [9]);
    return { status: "NO_QUORUM" };
  };
  const put = putRecords(cluster, [record("a", "1")]);
  await expect.poll(() => node.appends.length).toBe(2);
  const shards = halves.map((shard): ShardEntry => ({ ...shard, leader: "node-0", parentShardUids: [9] }));
  cluster.publish({ shards: [shardEntry({ shardUid: 9, shardIndex: 7, state: "closed" }), ...shards] });
  expect(await put).toMatchObject({ FailedRecordCount: 0 });
  expect((node.chunk(1, 0).recordCount ?? 0) + (node.chunk(2, 0).recordCount ?? 0)).toBe(1);
});

test("a repeat finds its records in the shards that were merged meanwhile, and stores what is in none of them", async () => {
  await using cluster = await new FakeCluster(1).start(halves.map((shard) => ({ ...shard, leader: "node-0" })));
  const node = cluster.node(0);
  // Of the first try shard 1 stores its part, and shard 2 nothing.
  node.answer = (append) => (append.shardUid === 1 ? node.store(append) : { status: "DISK_FULL" });
  const records = [record("a", "1", "0"), record("b", "2", HALF), record("c", "3", BELOW_HALF)];
  const first = await putRecords(cluster, records, TRIES);
  expect(first.FailedRecordCount).toBe(1);
  closeShards(node, [1, 2]);
  cluster.publish(MERGED);
  await expect.poll(async () => (await callApi(cluster, "PutRecord", at3)).body["ShardId"]).toMatch(/2$/);
  const stored = node.chunk(3, 0).recordCount ?? 0;

  const again = await putRecords(cluster, records, REPEAT);
  expect(again.FailedRecordCount).toBe(0);
  expect([again.Records[0], again.Records[2]]).toEqual([first.Records[0], first.Records[2]]);
  expect(again.Records[1]?.ShardId).toMatch(/2$/);
  expect(await putRecords(cluster, records, REPEAT)).toEqual(again);
  expect([1, 2, 3].map((uid) => node.chunk(uid, 0).recordCount)).toEqual([2, 0, stored + 1]);
});

test("a first try asks no closed shard; a repeat finds what it stored in the shard of now", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  const node = cluster.node(0);
  closeShards(node, [1, 2]);
  cluster.publish({ ...MERGED });
  await expect.poll(async () => (await callApi(cluster, "PutRecord", at3)).body["ShardId"]).toMatch(/2$/);
  node.appends.length = 0;
  const records = [record("a", "1", "0"), record("b", "2", HALF)];
  const first = await putRecords(cluster, records, { ...TRIES, "amz-sdk-request": "attempt=1; max=3" });
  expect(node.appends.map(({ shardUid }) => shardUid)).toEqual([3]);
  expect(await putRecords(cluster, records, REPEAT)).toEqual(first);
  expect(
    node.appends
      .map(({ shardUid }) => shardUid)
      .slice(1)
      .toSorted((a, b) => a - b),
  ).toEqual([1, 2, 3]);
});

test("records of a closed shard wait for the other groups and are not stored beside one that failed", async () => {
  await using cluster = await new FakeCluster(1).start(halves.map((shard) => ({ ...shard, leader: "node-0" })));
  const node = cluster.node(0);
  node.answer = ({ shardUid }) => ({ status: shardUid === 1 ? "SHARD_CLOSED" : "DISK_FULL" });
  const { Records } = await putRecords(cluster, [record("a", "1", "0"), record("b", "2", HALF)]);
  expect(Records.map(({ ErrorCode }) => ErrorCode)).toEqual(["InternalFailure", "InternalFailure"]);
  expect(node.appends).toHaveLength(2);
});

test("what a limit cut off is throttled record by record", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  cluster.node(0).answer = () => ({
    status: "STATUS_OK",
    baseOffset: 0,
    acceptedCount: 1,
    arrivalMs: 1_700_000_000_000,
  });
  const { FailedRecordCount, Records } = await putRecords(cluster, [record("a", "1"), record("a", "2")]);
  expect(FailedRecordCount).toBe(1);
  expect(Records[1]).toEqual({
    ErrorCode: "ProvisionedThroughputExceededException",
    ErrorMessage: "Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.",
  });
});

test("a repeat under the same invocation id carries the same append id, anything else another", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  const headers = { "amz-sdk-invocation-id": "4f0e7a52-0c9d-4b4e-9f3e-6a1d2c3b4a59" };
  await putRecords(cluster, [record("a", "1")], headers);
  await putRecords(cluster, [record("a", "1")], headers);
  await putRecords(cluster, [record("a", "2")], headers);
  await putRecords(cluster, [record("a", "1")]);
  const ids = cluster.node(0).appends.map(({ appendId }) => appendId.toString("hex"));
  expect(ids[0]).toHaveLength(32);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
  expect(new Set(ids.slice(1)).size).toBe(3);
});

test("a repeat is known also where the service distributes the records", async () => {
  await using cluster = await new FakeCluster(2).start(halves);
  cluster.publish({ streams: [{ ...STREAM, autoDistribution: true }] });
  const noKeys = Array.from({ length: 5 }, (_, index) => ({ Data: Buffer.from(`${index}`).toString("base64") }));
  await expect
    .poll(async () => (await callApi(cluster, "PutRecords", { StreamName: "s", Records: noKeys })).status)
    .toBe(200);
  const first = await putRecords(cluster, noKeys, TRIES);
  expect(await putRecords(cluster, noKeys, TRIES)).toEqual(first);
});

test("an empty invocation id names nothing: equal records are stored each time", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  for (const id of ["", " "]) await putRecords(cluster, [record("a", "1")], { "amz-sdk-invocation-id": id });
  const ids = cluster.node(0).appends.map(({ appendId }) => appendId.toString("hex"));
  expect(new Set(ids).size).toBe(2);
});

test("whole puts are refused for what cannot be stored", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  const put = (input: object): ReturnType<typeof callApi> => callApi(cluster, "PutRecord", input);
  const good = { StreamName: "s", ...record("a", "1") };
  expect((await put({ ...good, StreamName: "t" })).body["message"]).toBe(
    "Stream t under account 000000000000 not found.",
  );
  expect((await put({ ...good, ExplicitHashKey: String(1n << 128n) })).body["__type"]).toBe("InvalidArgumentException");
  expect((await put({ ...good, DryRun: true })).body["__type"]).toBe("DryRunOperationException");
  expect((await put({ ...good, Data: Buffer.alloc(1_048_577).toString("base64") })).body["__type"]).toBe(
    "ValidationException",
  );
  expect(cluster.node(0).appends).toHaveLength(0);
});
