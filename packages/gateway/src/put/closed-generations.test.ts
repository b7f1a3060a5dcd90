import { APPEND_ID_AGE_MS } from "@millrace/model";
import { expect, test } from "vitest";
import { StreamView } from "../cluster/stream-view.ts";
import { shardEntry, STREAM } from "../testing/fake-cluster.ts";
import { closedGenerations, hasClosedLately } from "./closed-generations.ts";

const NOW_MS = 1_000_000;

/** Shards 0 and 1 merged into 2, which was split into 3 and 4; shard 5 is beside them. */
function streamAt(closedMs: number): StreamView {
  const stream = new StreamView(STREAM);
  const put = (shardIndex: number, parents: readonly number[], state: "open" | "closed", atMs = closedMs): void => {
    const parentShardUids = parents.map((index) => index + 10);
    stream.put(shardEntry({ shardUid: shardIndex + 10, shardIndex, parentShardUids, state }), atMs);
  };
  put(5, [], "closed", closedMs - APPEND_ID_AGE_MS);
  put(4, [2], "open");
  put(3, [2], "open");
  put(2, [0, 1], "closed");
  put(1, [], "closed");
  put(0, [], "open", 0);
  put(0, [], "closed");
  return stream;
}

test("parents come before what they were merged into, whatever the order in which the map brought them", () => {
  const generations = closedGenerations(streamAt(NOW_MS), NOW_MS);
  expect(generations.map((shards) => shards.map(({ entry }) => entry.shardIndex))).toEqual([[0, 1], [2]]);
});

test("a shard is asked for as long as leaders know ids after its close was seen, also when the map tells of it again", () => {
  const stream = streamAt(NOW_MS);
  stream.put(shardEntry({ shardUid: 12, shardIndex: 2, parentShardUids: [10, 11], state: "closed" }), NOW_MS + 1000);
  expect(closedGenerations(stream, NOW_MS + APPEND_ID_AGE_MS - 1)).toHaveLength(2);
  expect(closedGenerations(stream, NOW_MS + APPEND_ID_AGE_MS)).toEqual([]);
});

test("where the service distributes records no closed shard is asked", () => {
  const stream = streamAt(NOW_MS);
  expect(hasClosedLately(stream, NOW_MS)).toBe(true);
  stream.entry = { ...STREAM, autoDistribution: true };
  expect(hasClosedLately(stream, NOW_MS)).toBe(false);
  expect(closedGenerations(stream, NOW_MS)).toEqual([]);
});
