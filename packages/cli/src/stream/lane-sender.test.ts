import { expect, test } from "vitest";
import type { PutRecordsRequestEntry, PutRecordsResultEntry } from "./kinesis-client.ts";
import { LaneSender, type ProduceCounts, type PutBatch } from "./lane-sender.ts";

const record = (key: string): PutRecordsRequestEntry => ({ PartitionKey: key, Data: Buffer.from(key) });
const stored = { SequenceNumber: "1", ShardId: "s" };
const failed = { ErrorCode: "InternalFailure", ErrorMessage: "no" };

interface Attempt {
  readonly keys: string;
  readonly id: string;
}

/** Sends `count` records; the n-th request answers `answers[n]`, later ones succeed. */
async function send(count: number, answers: ((records: number) => PutRecordsResultEntry[])[]) {
  const attempts: Attempt[] = [];
  const put: PutBatch = async (records, id) => {
    attempts.push({ keys: records.map((each) => each.PartitionKey).join(""), id });
    return answers[attempts.length - 1]?.(records.length) ?? records.map(() => stored);
  };
  const counts: ProduceCounts = { records: 0, bytes: 0, retries: 0, overtaken: 0 };
  const sender = new LaneSender(put, counts);
  for (let index = 0; index < count; index += 1) await sender.push(record(String.fromCodePoint(97 + index)));
  await sender.flush();
  return { attempts, counts };
}

test("records of one turn go together, in order", async () => {
  const { attempts, counts } = await send(4, []);
  expect(attempts.map(({ keys }) => keys)).toEqual(["abcd"]);
  expect(counts).toEqual({ records: 4, bytes: 4, retries: 0, overtaken: 0 });
});

test("a lost answer is repeated as the same request under the same id, before anything later", async () => {
  const lost = (): never => {
    throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
  };
  const { attempts, counts } = await send(3, [lost, (n) => Array.from({ length: n }, () => failed)]);
  expect(attempts.map(({ keys }) => keys)).toEqual(["abc", "abc", "abc"]);
  expect(new Set(attempts.map(({ id }) => id)).size).toBe(1);
  expect(counts).toMatchObject({ records: 3, retries: 2, overtaken: 0 });
});

test("of a batch that failed in part only the failed records are sent again, as a request of its own", async () => {
  const { attempts, counts } = await send(3, [() => [stored, failed, failed]]);
  expect(attempts.map(({ keys }) => keys)).toEqual(["abc", "bc"]);
  expect(new Set(attempts.map(({ id }) => id)).size).toBe(2);
  expect(counts).toMatchObject({ records: 3, overtaken: 0 });
});

test("a record that was overtaken is counted, not hidden", async () => {
  const { counts } = await send(3, [() => [failed, stored, stored]]);
  expect(counts).toMatchObject({ records: 3, overtaken: 1 });
});

test("a refusal that cannot change is reported at once", async () => {
  const refuse = (): never => {
    throw Object.assign(new Error("too long"), { name: "ValidationException", $metadata: { httpStatusCode: 400 } });
  };
  await expect(send(1, [refuse])).rejects.toMatchObject({ code: "USAGE", message: /too long/ });
});

test("a batch holds at most 500 records", async () => {
  const { attempts, counts } = await send(1_201, []);
  expect(attempts.every(({ keys }) => Array.from(keys).length <= 500)).toBe(true);
  expect(counts.records).toBe(1_201);
});
