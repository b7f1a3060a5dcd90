/** What every SDK's program must have printed: the same story in the same steps, whatever the language. */
import { expect } from "vitest";

/** One line of a program. */
export type Step = Readonly<Record<string, unknown>> & { readonly step: string };

const FIRST = ["shardId-000000000000"];
const CHILDREN = ["shardId-000000000001", "shardId-000000000002"];
const MERGED = "shardId-000000000003";
const TEXTS = ["one", "two", "three", "four", "five", "six", "seven"];
const KEYS = ["a", "a", "b", "c", "é€😀", "a", "a"];

/** Reads the lines of a program. */
export function stepsOf(output: Buffer): Step[] {
  const lines = output.toString().split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Step);
}

/** Asserts that every operation did what it should. `consumer` is the name the program registers, `stream` its stream. */
export function expectEveryOperation(steps: readonly Step[], stream: string, consumer: string): void {
  const numbers = sequenceNumbersOf(steps);
  expect(numbers).toHaveLength(7);
  expect([...numbers].sort(ascending)).toEqual(numbers);
  const read = (from: number, to: number): object => ({
    data: TEXTS.slice(from, to),
    keys: KEYS.slice(from, to),
    sequenceNumbers: numbers.slice(from, to),
  });
  const stamped = steps.findIndex(({ step }) => step === "GetRecords AT_TIMESTAMP");
  expectTail(steps[stamped], TEXTS.slice(0, 5));
  const others = steps.filter((_, index) => index !== stamped);
  expect(withEndInOrder(others)).toEqual([
    { step: "CreateStream" },
    { step: "DescribeStreamSummary", status: "ACTIVE", openShards: 1 },
    { step: "ListShards", shards: FIRST },
    { step: "PutRecord", shardId: FIRST[0], sequenceNumbers: numbers.slice(0, 1) },
    { step: "PutRecord in order", shardId: FIRST[0], sequenceNumbers: numbers.slice(1, 2) },
    { step: "PutRecords", failed: 0, sequenceNumbers: numbers.slice(2, 5) },
    { step: "GetRecords TRIM_HORIZON", ...read(0, 5) },
    { step: "GetRecords AT_SEQUENCE_NUMBER", ...read(0, 5) },
    { step: "GetRecords AFTER_SEQUENCE_NUMBER", ...read(1, 5) },
    { step: "GetRecords LATEST", ...read(5, 6) },
    { step: "RegisterStreamConsumer", name: consumer },
    { step: "DescribeStreamConsumer", status: "ACTIVE" },
    { step: "SubscribeToShard", data: TEXTS, sequenceNumbers: numbers },
    { step: "SplitShard", shards: [...FIRST, ...CHILDREN] },
    { step: "SubscribeToShard at the end of the shard", children: CHILDREN, continuation: null },
    { step: "GetRecords at the end of the shard", children: CHILDREN },
    { step: "ListShards AT_LATEST", shards: CHILDREN },
    { step: "MergeShards", shards: [...FIRST, ...CHILDREN, MERGED] },
    {
      step: "PutRecord to a missing stream",
      error: true,
      name: "ResourceNotFoundException",
      message: `Stream ${stream}-missing under account 000000000000 not found.`,
    },
    { step: "DeregisterStreamConsumer" },
    { step: "DeleteStream" },
  ]);
}

/** The sequence numbers of the whole shard, as the subscription saw them. */
function sequenceNumbersOf(steps: readonly Step[]): string[] {
  return (steps.find(({ step }) => step === "SubscribeToShard")?.["sequenceNumbers"] ?? []) as string[];
}

function ascending(left: string, right: string): number {
  return BigInt(left) < BigInt(right) ? -1 : 1;
}

/** Records of one millisecond share their time: AT_TIMESTAMP of the third begins there, or before. */
function expectTail(step: Step | undefined, texts: readonly string[]): void {
  const data = (step?.["data"] ?? []) as string[];
  expect(data.length).toBeGreaterThanOrEqual(3);
  expect(data).toEqual(texts.slice(-data.length));
}

/** A program that reads its subscription in another thread may hear of the end before its own split is done. */
function withEndInOrder(steps: readonly Step[]): Step[] {
  const end = steps.findIndex(({ step }) => step === "SubscribeToShard at the end of the shard");
  const split = steps.findIndex(({ step }) => step === "SplitShard");
  if (end === -1 || end > split) return [...steps];
  const moved = steps.slice(end, end + 1);
  return [...steps.slice(0, end), ...steps.slice(end + 1, split + 1), ...moved, ...steps.slice(split + 1)];
}
