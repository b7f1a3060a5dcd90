/** Dead letters as records: what is put, how much at once, and what happens when some are refused. */
import { expect, test } from "vitest";
import type { DeadLetter } from "../dead-letter/dead-letter.ts";
import { deadLetterStream } from "./dead-letter-stream.ts";
import { FakeKinesis, sdkError } from "./testing/fake-kinesis.ts";

interface Entry {
  readonly PartitionKey: string;
  readonly Data: Uint8Array;
}

const { signal } = new AbortController();

function letter(count: number, bytes: number): DeadLetter {
  const records = Array.from({ length: count }, (_, index) => ({
    data: Buffer.alloc(bytes, index % 251),
    partitionKey: `key-${index}`,
    sequenceNumber: String(index),
    subSequenceNumber: 1,
    arrivalMs: 5,
  }));
  return { stream: "s", shardId: "shard", records, attempts: 3, error: new Error("no good"), atMs: 9 };
}

function putsOf({ sent }: FakeKinesis): Entry[][] {
  return sent.map(({ input }) => input["Records"] as Entry[]);
}

test("a record becomes a record that holds all of it, under its own partition key", async () => {
  const kinesis = new FakeKinesis(1);
  await deadLetterStream(kinesis.client, "letters")(letter(2, 10), signal);
  expect(kinesis.sent.map(({ name, input }) => [name, input["StreamName"]])).toEqual([["PutRecords", "letters"]]);
  const [[, second] = []] = putsOf(kinesis);
  expect(second?.PartitionKey).toBe("key-1");
  expect(JSON.parse(Buffer.from(second?.Data ?? []).toString())).toEqual({
    stream: "s",
    shardId: "shard",
    sequenceNumber: "1",
    subSequenceNumber: 1,
    partitionKey: "key-1",
    arrivalMs: 5,
    attempts: 3,
    error: "no good",
    atMs: 9,
    dataBase64: Buffer.alloc(10, 1).toString("base64"),
  });
});

test.each([
  ["by count", 1_001, 1],
  ["by bytes", 9, 1_000_000],
  ["also where a letter alone is above the limit", 2, 6_000_000],
])("many are put in order, within what PutRecords takes: %s", async (_, count, bytes) => {
  const kinesis = new FakeKinesis(1);
  await deadLetterStream(kinesis.client, "letters")(letter(count, bytes), signal);
  const puts = putsOf(kinesis);
  expect(puts.length).toBeGreaterThan(1);
  expect(puts.flat().map(({ PartitionKey }) => PartitionKey)).toEqual(
    Array.from({ length: count }, (__, index) => `key-${index}`),
  );
  for (const entries of puts) {
    expect(entries.length).toBeLessThanOrEqual(500);
    const size = entries.reduce((sum, { Data, PartitionKey }) => sum + Data.length + PartitionKey.length, 0);
    if (entries.length > 1) expect(size).toBeLessThanOrEqual(5 * 1024 * 1024);
  }
});

test("what is refused or fails is an error, so that the letter is written again", async () => {
  const kinesis = new FakeKinesis(1);
  const write = deadLetterStream(kinesis.client, "arn:aws:kinesis:us-east-1:1:stream/letters");
  kinesis.refusals = [1];
  await expect(write(letter(3, 10), signal)).rejects.toMatchObject({ code: "THROTTLED" });
  kinesis.failNext("PutRecords", sdkError("ResourceNotFoundException"));
  await expect(write(letter(3, 10), signal)).rejects.toThrow("ResourceNotFoundException");
  await write(letter(3, 10), signal);
  expect(kinesis.sent.map(({ input }) => input["StreamARN"])).toEqual(
    Array.from({ length: 3 }, () => "arn:aws:kinesis:us-east-1:1:stream/letters"),
  );
});
