import { cbor } from "@smithy/core/cbor";
import { expect } from "vitest";
import { contract, contractCluster } from "./contract.ts";
import { KinesisCaller } from "./kinesis-caller.ts";

contractCluster();

const DENIED =
  "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n";

contract("ListStreams", "every answer carries request id, x-amz-id-2, date, type and length", async ({ kinesis }) => {
  const answer = await kinesis.call("ListStreams", {});
  expect(answer.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  expect(Buffer.from(String(answer.headers["x-amz-id-2"]), "base64").length).toBeGreaterThanOrEqual(64);
  expect(answer.headers["date"]).toBeDefined();
  expect(answer.headers["content-type"]).toBe("application/x-amz-json-1.1");
  expect(answer.headers["content-length"]).toBe(String(answer.bytes.length));
});

contract("ListStreams", "tolerates blanks and parameters around the media type", async ({ kinesis }) => {
  const headers = { ...kinesis.headers("ListStreams"), "Content-Type": "  application/x-amz-json-1.1  ;whatever" };
  expect((await kinesis.raw({ headers, body: "{}" })).status).toBe(200);
});

contract("ListStreams", "answers any method but POST with the 403 text", async ({ kinesis }) => {
  for (const method of ["GET", "PUT", "DELETE"]) {
    const answer = await kinesis.raw({ method, headers: {} });
    expect([method, answer.status, answer.bytes.toString(), answer.headers["content-type"]]).toEqual([
      method,
      403,
      DENIED,
      undefined,
    ]);
  }
});

contract("ListStreams", "treats an empty body as an error of its protocol", async ({ kinesis }) => {
  const json = await kinesis.raw({ headers: kinesis.headers("ListStreams") });
  expect([json.status, json.body]).toEqual([400, { __type: "SerializationException" }]);
  const unknown = await kinesis.raw({ headers: kinesis.headers("Nonsense") });
  expect([unknown.status, unknown.body]).toEqual([400, { __type: "UnknownOperationException" }]);
  const untyped = await kinesis.raw({ headers: { ...kinesis.headers("ListStreams"), "Content-Type": undefined } });
  expect([untyped.status, cbor.deserialize(untyped.bytes)]).toEqual([400, { __type: "SerializationException" }]);
});

contract("ListStreams", "answers foreign media types as the service's front does", async ({ kinesis }) => {
  const ask = (type: string, target?: string, body = "{}"): ReturnType<typeof kinesis.raw> =>
    kinesis.raw({ headers: { ...kinesis.headers("ListStreams"), "Content-Type": type, "X-Amz-Target": target }, body });
  expect((await ask("text/plain")).bytes.toString()).toBe(DENIED);
  const known = await ask("text/plain", "Kinesis_20131202.ListStreams");
  expect([known.status, known.bytes.toString()]).toEqual([404, "<UnknownOperationException/>\n"]);
  const plain = await ask("application/json", "Kinesis_20131202.ListStreams");
  expect([plain.status, plain.body]).toEqual([
    404,
    { Output: { __type: "com.amazon.coral.service#UnknownOperationException" }, Version: "1.0" },
  ]);
  const broken = await ask("application/json", "Kinesis_20131202.ListStreams", "{");
  expect([broken.status, broken.body]).toEqual([
    400,
    { Output: { __type: "com.amazon.coral.service#SerializationException" }, Version: "1.0" },
  ]);
});

contract("PutRecord", "speaks CBOR with raw bytes and millisecond timestamps", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream();
  const call = async (operation: string, input: unknown): Promise<Record<string, unknown>> => {
    const headers = { ...kinesis.headers(operation), "Content-Type": "application/x-amz-cbor-1.1" };
    const answer = await kinesis.raw({ headers, body: Buffer.from(cbor.serialize(input)) });
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/x-amz-cbor-1.1"]);
    return cbor.deserialize(answer.bytes) as Record<string, unknown>;
  };
  await call("PutRecord", { StreamName, PartitionKey: "k", Data: Uint8Array.of(0, 255, 7) });
  const start = await call("GetShardIterator", { StreamName, ShardId: "0", ShardIteratorType: "TRIM_HORIZON" });
  const page = await call("GetRecords", { ShardIterator: start["ShardIterator"] });
  const [record] = page["Records"] as {
    Data: Uint8Array;
    ApproximateArrivalTimestamp: { tag: number; value: number };
  }[];
  expect([...(record?.Data ?? [])]).toEqual([0, 255, 7]);
  expect(record?.ApproximateArrivalTimestamp.tag).toBe(1);
  expect(Number.isInteger(Number(record?.ApproximateArrivalTimestamp.value))).toBe(true);
  expect(Math.abs(Number(record?.ApproximateArrivalTimestamp.value) - Date.now())).toBeLessThan(60_000);
});

contract("DescribeStream", "answers errors to CBOR callers in CBOR", async ({ kinesis }) => {
  const headers = { ...kinesis.headers("DescribeStream"), "Content-Type": "application/x-amz-cbor-1.1" };
  const answer = await kinesis.raw({ headers, body: Buffer.from(cbor.serialize({ StreamName: "nowhere" })) });
  expect([answer.status, cbor.deserialize(answer.bytes)]).toEqual([
    400,
    { __type: "ResourceNotFoundException", message: "Stream nowhere under account 000000000000 not found." },
  ]);
});

contract("ListStreams", "grants cross-origin requests and answers their preflight", async ({ kinesis }) => {
  const plain = await kinesis.raw({
    headers: { ...kinesis.headers("ListStreams"), Origin: "https://example.org" },
    body: "{}",
  });
  expect(plain.headers["access-control-allow-origin"]).toBe("*");
  expect(plain.headers["access-control-expose-headers"]).toBe(
    "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date",
  );
  const preflight = await kinesis.raw({
    method: "OPTIONS",
    headers: {
      Origin: "https://example.org",
      "Access-Control-Request-Headers": "x-one",
      "Access-Control-Request-Method": "POST",
    },
  });
  expect([preflight.status, preflight.bytes.length, preflight.headers["access-control-max-age"]]).toEqual([
    200,
    0,
    "172800",
  ]);
  expect(preflight.headers["access-control-allow-headers"]).toBe("x-one");
  expect(preflight.headers["access-control-allow-methods"]).toBe("POST");
});

contract("ListStreams", "keeps accounts and regions apart", async ({ kinesis, endpoint, activeStream }) => {
  const StreamName = await activeStream();
  for (const other of [
    new KinesisCaller(endpoint, { accountId: "123456789012" }),
    new KinesisCaller(endpoint, { region: "eu-west-1" }),
  ]) {
    const answer = await other.call("DescribeStreamSummary", { StreamName });
    expect(answer.body["message"]).toBe(`Stream ${StreamName} under account ${other.accountId} not found.`);
    await other.ok("CreateStream", { StreamName, ShardCount: 1 });
    other.close();
  }
  expect(
    ((await kinesis.ok("ListStreams", {}))["StreamNames"] as string[]).filter((name) => name === StreamName),
  ).toEqual([StreamName]);
});

contract("PutRecord", "does not reach into another region by ARN or iterator", async (world) => {
  const StreamName = await world.activeStream();
  const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`;
  const registered = await world.kinesis.ok("RegisterStreamConsumer", { StreamARN, ConsumerName: "c" });
  const ConsumerARN = (registered["Consumer"] as Record<string, string>)["ConsumerARN"] ?? "";
  const position = { ShardId: "0", ShardIteratorType: "TRIM_HORIZON" };
  const { ShardIterator } = await world.kinesis.ok("GetShardIterator", { StreamName, ...position });
  const other = new KinesisCaller(world.endpoint, { region: "eu-west-1" });
  const noStream = `Stream ${StreamName} under account 000000000000 not found.`;
  const noConsumer = `Consumer ${ConsumerARN}, account 000000000000 not found.`;
  const noShard = `Shard shardId-000000000000 in stream ${StreamName} under account 000000000000 does not exist`;
  const StartingPosition = { Type: "LATEST" };
  for (const [operation, input, message] of [
    ["PutRecord", { StreamARN, PartitionKey: "a", Data: "" }, noStream],
    ["DescribeStreamSummary", { StreamARN }, noStream],
    ["TagResource", { ResourceARN: StreamARN, Tags: { a: "b" } }, noStream],
    ["DescribeStreamConsumer", { ConsumerARN }, noConsumer],
    ["DeregisterStreamConsumer", { ConsumerARN }, noConsumer],
    ["TagResource", { ResourceARN: ConsumerARN, Tags: { a: "b" } }, noConsumer],
    ["SubscribeToShard", { ConsumerARN, ShardId: "0", StartingPosition }, noConsumer],
    ["GetShardIterator", { StreamARN, ...position }, noShard],
    ["GetRecords", { ShardIterator }, noShard],
  ] as const) {
    expect([operation, (await other.call(operation, input)).body]).toEqual([
      operation,
      { __type: "ResourceNotFoundException", message },
    ]);
  }
  other.close();
});

contract("PutRecord", "requires a signature", async ({ kinesis }) => {
  const headers = { ...kinesis.headers("ListStreams"), Authorization: undefined };
  const answer = await kinesis.raw({ headers, body: "{}" });
  expect([answer.status, answer.body]).toEqual([
    400,
    { __type: "MissingAuthenticationTokenException", message: "Missing Authentication Token" },
  ]);
  const incomplete = await kinesis.raw({
    headers: { ...headers, Authorization: "AWS4-HMAC-SHA256 Credential=a" },
    body: "{}",
  });
  expect(incomplete.body["__type"]).toBe("IncompleteSignatureException");
});
