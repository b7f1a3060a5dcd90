import { cbor, tag } from "@smithy/core/cbor";
import { describe, expect, test } from "vitest";
import { decodeRequest } from "./decode-request.ts";
import type { OperationName } from "./generated/api.ts";
import type { KinesisError } from "./kinesis-error.ts";

function json(operation: OperationName, body: unknown): { ok?: unknown; error?: KinesisError } {
  return decodeRequest("json", operation, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
}

function typeFault(operation: OperationName, body: unknown): string | undefined {
  const { error } = json(operation, body);
  expect(error).toMatchObject({ type: "SerializationException", status: 400, capitalMessage: true });
  return error?.message;
}

function violations(operation: OperationName, body: unknown): string[] {
  const { error } = json(operation, body);
  expect(error).toMatchObject({ type: "ValidationException", status: 400 });
  const [head = "", tail = ""] = (error?.message ?? "").split(/ detected: (.*)/s);
  const items = tail.split("; ");
  expect(head).toBe(`${items.length} validation error${items.length === 1 ? "" : "s"}`);
  return items;
}

const nested = (depth: number): string => `{"x":${"[".repeat(depth)}${"]".repeat(depth)}}`;

describe("bodies", () => {
  const unparsable = ["", "[]", "null", "3", '"x"', "{", "{} x", "{}{}", '{"a":\u0001}', "\ufeff{}"];
  test.each(unparsable)("%j does not hold an object: no message", (body) => {
    expect(json("ListStreams", body)).toEqual({ error: { type: "SerializationException", status: 400 } });
  });

  test("bytes that are not UTF-8 do not parse", () => {
    const body = Buffer.concat([Buffer.from('{"StreamName":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(decodeRequest("json", "DescribeStream", body)).toMatchObject({ error: { type: "SerializationException" } });
  });

  test("nesting is bounded, also in members nobody reads; brackets in strings do not count", () => {
    expect(json("ListStreams", nested(63))).toEqual({ ok: {} });
    expect(json("ListStreams", nested(64))).toMatchObject({ error: { type: "SerializationException" } });
    expect(json("ListStreams", nested(1_000_000))).toMatchObject({ error: { type: "SerializationException" } });
    expect(json("ListStreams", { x: '\\"'.repeat(3) + "[".repeat(500) })).toEqual({ ok: {} });
  });

  test("the number of values is bounded, since each costs far more memory than its bytes", () => {
    const values = (count: number): string => `{"x":[${"{},".repeat(count - 1)}{}],"y":"${",{".repeat(100_000)}"}`;
    expect(json("ListStreams", values(10_000))).toEqual({ ok: {} });
    expect(json("ListStreams", values(50_000))).toMatchObject({ error: { type: "SerializationException" } });
  });

  test("unknown members and prototypes are dropped, null is absent, the last duplicate wins", () => {
    const body = '{"__proto__":{"StreamName":"p"},"constructor":1,"StreamName":"a","StreamName":"b","Limit":null}';
    const { ok } = json("DescribeStream", body);
    expect(Object.keys(ok as object)).toEqual(["StreamName"]);
    expect(ok).toEqual({ StreamName: "b" });
  });

  test("map keys mean nothing to the map", () => {
    const { ok } = json(
      "TagResource",
      '{"ResourceARN":"arn:aws:kinesis:r:000000000000:stream/s","Tags":{"__proto__":"x"}}',
    );
    const tags = (ok as { Tags: Record<string, string> }).Tags;
    expect(Object.entries(tags)).toEqual([["__proto__", "x"]]);
  });
});

describe("types", () => {
  const number = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to";
  const cases: [OperationName, object, string][] = [
    ["DescribeStream", { StreamName: [] }, "Start of list found where not expected"],
    ["DescribeStream", { StreamName: {} }, "Start of structure or map found where not expected."],
    ["DescribeStream", { StreamName: true }, "class java.lang.Boolean can not be converted to an String"],
    ["DescribeStream", { StreamName: 1 }, `${number} an String`],
    ["DescribeStream", { Limit: "1" }, "class java.lang.String can not be converted to an Integer"],
    ["DescribeStream", { Limit: false }, "class java.lang.Boolean can not be converted to an Integer"],
    ["DeleteStream", { EnforceConsumerDeletion: 1 }, `${number} an Boolean`],
    ["DeleteStream", { EnforceConsumerDeletion: "maybe" }, "'MAYBE' can not be converted to an Boolean"],
    ["GetShardIterator", { Timestamp: "1" }, "class java.lang.String can not be converted to milliseconds since epoch"],
    [
      "GetShardIterator",
      { Timestamp: true },
      "class java.lang.Boolean can not be converted to milliseconds since epoch",
    ],
    ["PutRecord", { Data: 1 }, `${number} a Blob`],
    [
      "PutRecord",
      { Data: "abc" },
      "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    ],
    ["PutRecord", { Data: "=a==" }, "'=a==' can not be converted to a Blob: Invalid Base64 character: '='"],
    ["PutRecord", { Data: "ab-=" }, "'ab-=' can not be converted to a Blob: Invalid Base64 character: '-'"],
    [
      "PutRecord",
      { Data: "ab==" },
      "'ab==' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
    ],
    ["PutRecords", { Records: "x" }, "Expected list or null"],
    ["PutRecords", { Records: {} }, "Start of structure or map found where not expected."],
    ["PutRecords", { Records: [1] }, "Expected null"],
    ["PutRecords", { Records: [[]] }, "Start of list found where not expected"],
    ["AddTagsToStream", { Tags: 1 }, "Expected map or null"],
    ["AddTagsToStream", { Tags: [] }, "Start of list found where not expected"],
  ];
  test.each(cases)("%s %j", (operation, body, text) => {
    expect(typeFault(operation, body)).toBe(text);
  });

  test("numbers are floored and clamped, booleans may be words, timestamps are seconds", () => {
    expect(json("DescribeStream", { Limit: 1.9 })).toEqual({ ok: { Limit: 1 } });
    expect(violations("DescribeStream", '{"Limit":1e999}')).toEqual([
      "Value '2147483647' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
    ]);
    expect(json("DeleteStream", { EnforceConsumerDeletion: "yes" })).toEqual({ ok: { EnforceConsumerDeletion: true } });
    const input = { ShardId: "0", ShardIteratorType: "AT_TIMESTAMP", Timestamp: 1609459199.123 };
    expect(json("GetShardIterator", input)).toEqual({ ok: { ...input, Timestamp: 1609459199123 } });
  });
});

describe("constraints", () => {
  test("one member can violate several", () => {
    expect(violations("DescribeStream", { StreamName: "" })).toEqual([
      "Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
      "Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ]);
  });

  test("patterns match whole values", () => {
    expect(violations("DescribeStream", { StreamName: "ok\n" })).toHaveLength(1);
    expect(violations("PutRecord", { Data: "", ExplicitHashKey: "01" })).toEqual([
      "Value '01' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
    ]);
  });

  test("null where required, nested paths count from one", () => {
    expect(violations("PutRecords", { Records: [{ Data: "" }, { PartitionKey: "" }] })).toEqual([
      "Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null",
      "Value '' at 'records.2.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ]);
    expect(violations("PutRecords", { Records: [null] })).toEqual([
      "Value null at 'records.1.member' failed to satisfy constraint: Member must not be null",
    ]);
  });

  test("lists and maps", () => {
    expect(violations("PutRecords", { Records: [] })).toEqual([
      "Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ]);
    expect(violations("RemoveTagsFromStream", { TagKeys: ["a", ""] })).toEqual([
      "Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: " +
        "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
    ]);
    expect(violations("AddTagsToStream", { Tags: { "": "x".repeat(257) } })).toEqual([
      `Value '{=${"x".repeat(257)}}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: ` +
        "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
      `Value '{=${"x".repeat(257)}}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: ` +
        "[Member must have length less than or equal to 256, Member must have length greater than or equal to 0]",
    ]);
  });

  test("at most ten are told, and huge values are clipped", () => {
    const Records = Array.from({ length: 20 }, () => ({}));
    expect(violations("PutRecords", { Records })).toHaveLength(10);
    const { error } = json("DescribeStream", { StreamName: "x".repeat(5_000_000) });
    expect(error?.message?.length).toBeLessThan(20_000);
    expect(violations("EnableEnhancedMonitoring", { ShardLevelMetrics: ["All"] })[0]).toContain("enum value set: [");
  });

  test("patterns with many wildcards stay cheap on hostile input", () => {
    const hostile = `arn:aws${":kinesis:x:000000000000:stream/a/consumer/b".repeat(60)}`.slice(0, 2047) + " ";
    expect(violations("DescribeStreamConsumer", { ConsumerARN: hostile })).toHaveLength(1);
  });
});

const decode = (operation: OperationName, body: Buffer): { ok?: unknown; error?: KinesisError } =>
  decodeRequest("cbor", operation, body);

describe("CBOR", () => {
  test("blobs are bytes, timestamps tagged milliseconds, maps may be of indefinite length", () => {
    const body = Buffer.from(cbor.serialize({ Data: Buffer.from([1, 2]), PartitionKey: "k", StreamName: "s" }));
    expect(decode("PutRecord", body)).toEqual({
      ok: { Data: Buffer.from([1, 2]), PartitionKey: "k", StreamName: "s" },
    });
    const indefinite = Buffer.concat([
      Buffer.from([0xbf, 0x64]),
      Buffer.from("Data"),
      Buffer.from("5f41014102ff", "hex"),
      Buffer.from([0xff]),
    ]);
    expect(decode("PutRecord", indefinite)).toEqual({ ok: { Data: Buffer.from([1, 2]) } });
    const at = { ShardId: "0", ShardIteratorType: "AT_TIMESTAMP", Timestamp: tag({ tag: 1, value: 1609459199123 }) };
    expect(decode("GetShardIterator", Buffer.from(cbor.serialize(at)))).toEqual({
      ok: { ...at, Timestamp: 1609459199123 },
    });
  });

  const broken = [
    "",
    "a1",
    "ff",
    "bf",
    "a0a0",
    "80",
    "f6",
    "c1a0",
    "9b0020000000000000",
    "a161789a7fffffff",
    "a16178c249010000000000000000",
    // Text that is not UTF-8, as value, as key, in a chunk; a key that would be a prototype.
    "a1617862c328",
    "a162c328f6",
    "a161787f62c328ff",
    "bf695f5f70726f746f5f5f6161ff",
  ];
  test.each(broken)("%s is refused without a message", (hex) => {
    expect(decode("ListStreams", Buffer.from(hex, "hex"))).toEqual({
      error: { type: "SerializationException", status: 400 },
    });
  });

  test("the number of values is bounded", () => {
    const values = (count: number): Buffer =>
      Buffer.concat([Buffer.from("bf61789f", "hex"), Buffer.alloc(count, 0xa0), Buffer.from("ffff", "hex")]);
    expect(decode("ListStreams", values(49_000))).toEqual({ ok: {} });
    expect(decode("ListStreams", values(51_000))).toMatchObject({ error: { type: "SerializationException" } });
  });

  test("nesting is bounded", () => {
    const deep = Buffer.concat([Buffer.from("a16178", "hex"), Buffer.alloc(100_000, 0x81), Buffer.from([0xf6])]);
    expect(decode("ListStreams", deep)).toMatchObject({ error: { type: "SerializationException" } });
  });
});
