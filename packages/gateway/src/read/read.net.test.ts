import { expect, test } from "vitest";
import { callApi, FakeCluster, shardEntry } from "../testing/fake-cluster.ts";

interface Records {
  readonly Records: readonly { readonly PartitionKey: string; readonly SequenceNumber: string }[];
  readonly NextShardIterator?: string;
  readonly ChildShards?: readonly object[];
}

async function iteratorOf(cluster: FakeCluster, start: object): Promise<string> {
  const { body } = await callApi(cluster, "GetShardIterator", { StreamName: "s", ShardId: "0", ...start });
  return String(body["ShardIterator"]);
}

async function read(cluster: FakeCluster, ShardIterator: string): Promise<Records> {
  const { status, body } = await callApi(cluster, "GetRecords", { ShardIterator });
  expect(status).toBe(200);
  return body as unknown as Records;
}

async function put(cluster: FakeCluster, key: string): Promise<string> {
  const { body } = await callApi(cluster, "PutRecord", { StreamName: "s", PartitionKey: key, Data: "" });
  return String(body["SequenceNumber"]);
}

function keysOf({ Records: records }: Records): string[] {
  return records.map(({ PartitionKey }) => PartitionKey);
}

test("every kind of iterator starts where it says, and a read goes on where the last one ended", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  const numbers: string[] = [];
  for (const key of ["a", "b", "c"]) numbers.push(await put(cluster, key));
  const from = async (start: object): Promise<string[]> =>
    keysOf(await read(cluster, await iteratorOf(cluster, start)));
  expect(await from({ ShardIteratorType: "TRIM_HORIZON" })).toEqual(["a", "b", "c"]);
  const StartingSequenceNumber = numbers[1];
  expect(await from({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber })).toEqual(["b", "c"]);
  expect(await from({ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber })).toEqual(["c"]);
  const latest = await iteratorOf(cluster, { ShardIteratorType: "LATEST" });
  const empty = await read(cluster, latest);
  expect(keysOf(empty)).toEqual([]);
  expect(empty.NextShardIterator).not.toBe(latest);
  await put(cluster, "d");
  // An iterator is reusable: both the old one and the one after it see what came later.
  expect(keysOf(await read(cluster, latest))).toEqual(["d"]);
  const next = await read(cluster, String(empty.NextShardIterator));
  expect(next.Records[0]?.SequenceNumber).toMatch(/^\d{56}$/);
  expect(keysOf(await read(cluster, String(next.NextShardIterator)))).toEqual([]);
});

test("a gateway that has not heard that the iterator's shard is open answers that it is not ready", async () => {
  await using informed = await new FakeCluster(1).start([shardEntry()]);
  const iterator = await iteratorOf(informed, { ShardIteratorType: "TRIM_HORIZON" });
  await using behind = await new FakeCluster(1).start([shardEntry({ state: "creating", createdSeconds: 0 })]);
  const { status, body } = await callApi(behind, "GetRecords", { ShardIterator: iterator });
  expect([status, body["__type"]]).toEqual([503, "ServiceUnavailable"]);
});

test("the order of checks: body, operation, caller, types, constraints, stream", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  const typeOf = async (operation: string, input: object | string, headers = {}): Promise<unknown> =>
    (await callApi(cluster, operation, input, headers)).body["__type"];
  const anonymous = { authorization: "" };
  expect(await typeOf("GetRecords", "{", anonymous)).toBe("SerializationException");
  expect(await typeOf("Nothing", {}, anonymous)).toBe("UnknownOperationException");
  expect(await typeOf("GetRecords", { ShardIterator: 5 }, anonymous)).toBe("MissingAuthenticationTokenException");
  expect(await typeOf("GetRecords", { ShardIterator: 5 })).toBe("SerializationException");
  expect(await typeOf("GetRecords", { ShardIterator: "x", Limit: 0 })).toBe("ValidationException");
  expect(await typeOf("GetRecords", { ShardIterator: "x" })).toBe("InvalidArgumentException");
  const other = { StreamName: "other", ShardId: "x-y", ShardIteratorType: "LATEST" };
  expect(await callApi(cluster, "GetShardIterator", other)).toMatchObject({
    body: { message: "Could not find shard x-y in stream other under account 000000000000." },
  });
});

test("streams belong to an account and a region", async () => {
  await using cluster = await new FakeCluster(1).start([shardEntry()]);
  const as = (scope: string): Record<string, string> => ({
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}/kinesis/aws4_request, SignedHeaders=host, Signature=0`,
  });
  const input = { StreamName: "s", PartitionKey: "a", Data: "" };
  expect((await callApi(cluster, "PutRecord", input, as("123456789012/20261120/us-east-1"))).body["message"]).toBe(
    "Stream s under account 123456789012 not found.",
  );
  expect((await callApi(cluster, "PutRecord", input, as("AKID/20261120/eu-west-1"))).status).toBe(400);
  expect((await callApi(cluster, "PutRecord", input, as("AKID/20261120/us-east-1"))).status).toBe(200);
});
