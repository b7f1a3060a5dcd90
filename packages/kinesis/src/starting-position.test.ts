import {
  encodeSequenceNumber,
  endingSequenceNumber,
  recordSequenceNumber,
  startingSequenceNumber,
} from "@millrace/model";
import { describe, expect, test } from "vitest";
import { parseShardId, shardIdOf } from "./shard-id.ts";
import { checkStartingArguments, positionOfSequenceNumber } from "./starting-position.ts";

describe("shard ids", () => {
  test.each([
    ["shardId-000000000000", 0],
    ["shardId-0", 0],
    ["0", 0],
    ["foo-7", 7],
    ["shardId-2147483647", 2_147_483_647],
    ["shardId-2147483648", undefined],
    ["shardId--1", undefined],
    ["shardId-", undefined],
    ["foo", undefined],
    ["1e3", undefined],
  ])("%s means %s", (text, index) => {
    expect(parseShardId(text)).toBe(index);
  });

  test("have twelve digits", () => {
    expect(shardIdOf(12)).toBe("shardId-000000000012");
  });
});

const check = (
  type: Parameters<typeof checkStartingArguments>[0]["type"],
  text?: string,
  timestampMs?: number,
): unknown => {
  const result = checkStartingArguments({ type, startingSequenceNumber: text, timestampMs }, 1000);
  return "error" in result ? [result.error.type, result.error.message] : result.ok;
};

describe("arguments that go together", () => {
  const combination =
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ";

  test("are taken", () => {
    expect(check("TRIM_HORIZON")).toEqual({ kind: "trimHorizon" });
    expect(check("LATEST")).toEqual({ kind: "latest" });
    expect(check("AT_TIMESTAMP", undefined, 1000)).toEqual({ kind: "timestamp", timestampMs: 1000 });
    expect(check("AFTER_SEQUENCE_NUMBER", "5")).toEqual({ kind: "sequenceNumber", text: "5", type: "after" });
  });

  test("others are not", () => {
    const type = "InvalidArgumentException";
    expect(check("AT_SEQUENCE_NUMBER")).toEqual([
      type,
      `${combination}Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.`,
    ]);
    expect(check("LATEST", "5")).toEqual([
      type,
      `${combination}Request specified LATEST and also a StartingSequenceNumber.`,
    ]);
    expect(check("AT_TIMESTAMP")).toEqual([
      type,
      "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
    ]);
    expect(check("AT_TIMESTAMP", undefined, 1001)).toEqual([
      type,
      "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 1001, currentTimestampInMillis: 1000",
    ]);
  });
});

describe("sequence numbers of a shard", () => {
  const shard = { shardCreatedSeconds: 1000, shardIndex: 0 };
  const stream = { accountId: "000000000000", streamName: "s" };
  const position = (text: string, type: "at" | "after"): unknown => {
    const result = positionOfSequenceNumber(text, type, { operation: "GetShardIterator", shard, stream });
    return "error" in result ? result.error.message : result.ok;
  };

  test("are offsets", () => {
    const third = recordSequenceNumber(shard, 2, 5_000_000);
    expect(position(third, "at")).toEqual({ kind: "offset", offset: 2 });
    expect(position(third, "after")).toEqual({ kind: "offset", offset: 3 });
    expect(position(startingSequenceNumber(shard), "at")).toEqual({ kind: "offset", offset: 0 });
    expect(position(endingSequenceNumber(shard, 5_000_000), "after")).toEqual({
      kind: "offset",
      offset: Number.MAX_SAFE_INTEGER,
    });
  });

  test("of another shard, another stream, or of nothing are refused", () => {
    const encodes5 =
      "Invalid StartingSequenceNumber. It encodes shardId-000000000005, while it was used in a call to a shard with shardId-000000000000";
    expect(position("5", "at")).toBe(encodes5);
    expect(position(recordSequenceNumber({ ...shard, shardIndex: 5 }, 0, 5_000_000), "at")).toBe(encodes5);
    const foreign = recordSequenceNumber({ ...shard, shardCreatedSeconds: 1001 }, 0, 5_000_000);
    expect(position(foreign, "at")).toBe(
      `StartingSequenceNumber ${foreign} used in GetShardIterator on shard shardId-000000000000 in stream s under account 000000000000 is invalid because it did not come from this stream.`,
    );
    const versionless = encodeSequenceNumber({ ...shard, sequenceIndex: 1n, timeSeconds: 5, marker: 0 }) + 2n;
    for (const nothing of [String(versionless), "9".repeat(60), "0"]) {
      expect(position(nothing, "at")).toBe(
        `StartingSequenceNumber ${nothing} used in GetShardIterator on shard shardId-000000000000 in stream s under account 000000000000 is invalid.`,
      );
    }
  });
});
