import { encodeSequenceNumber, recordSequenceNumber } from "@millrace/model";
import { expect, test } from "vitest";
import { consumerArn, parseConsumerArn, parseStreamArn, resolveStream, streamArn } from "./arn.ts";
import { accountOf } from "./account.ts";
import { HASH_KEY_MAX } from "./hash-range-table.ts";
import { explicitHashKeyFault, orderingNumberFault, putRecordsBytesFault } from "./put-argument.ts";

const stream = { accountId: "000000000000", streamName: "s" };
const shard = { shardCreatedSeconds: 1000, shardIndex: 0 };

test("explicit hash keys have 128 bits", () => {
  expect(explicitHashKeyFault(String(HASH_KEY_MAX))).toBeUndefined();
  expect(explicitHashKeyFault(String(HASH_KEY_MAX + 1n))).toMatchObject({
    type: "InvalidArgumentException",
    message: `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${HASH_KEY_MAX + 1n}`,
  });
});

const zero = (version: bigint): string => String((2n << 184n) | version);

test("ordering numbers are of any stream but not of the future", () => {
  const nowMs = 5_000_000;
  const past = recordSequenceNumber(shard, 7, nowMs);
  for (const good of [past, zero(1n), zero(2n)]) expect(orderingNumberFault(good, stream, nowMs)).toBeUndefined();
  const future = recordSequenceNumber(shard, 7, nowMs + 1000);
  const beyond = String(encodeSequenceNumber({ ...shard, sequenceIndex: 1n << 63n, timeSeconds: 5, marker: 0 }));
  for (const bad of [future, beyond, zero(0n), zero(3n), zero(4n), String(3n << 184n), "5"]) {
    expect(orderingNumberFault(bad, stream, nowMs)?.message).toBe(
      `ExclusiveMinimumSequenceNumber ${bad} used in PutRecord on stream s under account 000000000000 is invalid.`,
    );
  }
});

test("a PutRecords carries 10 MiB", () => {
  expect(putRecordsBytesFault(10_485_760)).toBeUndefined();
  expect(putRecordsBytesFault(10_485_761)).toMatchObject({ type: "InvalidArgumentException" });
});

test("ARNs read back", () => {
  const identity = { accountId: "123456789012", region: "eu-west-1", streamName: "a.b-c_d" };
  expect(parseStreamArn(streamArn(identity))).toEqual(identity);
  const consumer = { ...identity, consumerName: "app", createdSeconds: 17 };
  expect(parseConsumerArn(consumerArn(consumer))).toEqual(consumer);
  expect(parseStreamArn(consumerArn(consumer))).toBeUndefined();
});

test("a stream by name, by ARN, or by both if they agree", () => {
  const caller = { accountId: "000000000000", region: "r" };
  const arn = "arn:aws-cn:kinesis:x:000000000001:stream/s";
  expect(resolveStream({ StreamName: "s" }, caller)).toEqual({ ok: { ...caller, streamName: "s" } });
  const named = { ok: { accountId: "000000000001", region: "x", streamName: "s" } };
  expect(resolveStream({ StreamARN: arn }, caller)).toEqual(named);
  expect(resolveStream({ StreamName: "s", StreamARN: arn }, caller)).toEqual(named);
  for (const bad of [{}, { StreamName: "t", StreamARN: arn }]) {
    expect(resolveStream(bad, caller)).toMatchObject({ error: { type: "InvalidArgumentException" } });
  }
});

test("twelve digits are an account", () => {
  expect(accountOf("123456789012")).toBe("123456789012");
  expect(accountOf("AKIDEXAMPLE")).toBe("000000000000");
  expect(accountOf("AKIDEXAMPLE", "111111111111")).toBe("111111111111");
});
