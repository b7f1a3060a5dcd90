import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatShardId, parseShardId, SHARD_INDEX_MAX } from "./shard-id.ts";

test("ids have twelve digits and come back as their index", () => {
  expect(formatShardId(7)).toBe("shardId-000000000007");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: SHARD_INDEX_MAX }), (index) => {
      expect(parseShardId(formatShardId(index))).toBe(index);
    }),
  );
});

test.each(["shardId-0", "0", "foo-0", "-0", "shardId-000000000000"])("%s names the first shard", (text) => {
  expect(parseShardId(text)).toBe(0);
});

test.each(["", "shardId", "shardId-", "shardId--0", "shardId-1a", "shardId-2147483648", "a-b-0"])(
  "%s names no shard",
  (text) => {
    expect(parseShardId(text)).toBeUndefined();
  },
);
