import { expect, test } from "vitest";
import { countOf } from "./text-table.ts";

test("one thing is singular, none and several are plural", () => {
  expect([0, 1, 2].map((count) => countOf(count, "shard"))).toEqual(["0 shards", "1 shard", "2 shards"]);
  expect([1, 3].map((count) => countOf(count, "copy", "copies"))).toEqual(["1 copy", "3 copies"]);
});
