import { decodeSequenceNumber, isExactHashCover, startingSequenceNumber } from "@millrace/model";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ScriptedCluster } from "../control/control-script.test-support.ts";
import { hashRangeOf } from "../control/new-shard.ts";
import { openShards } from "../control/shard-view.ts";
import type { ShardRecord } from "../state/cluster-state.ts";

const s = { StreamName: "s" };

const action = fc.oneof(
  fc.record({ kind: fc.constant("split" as const), which: fc.nat(), where: fc.integer({ min: 2, max: 998 }) }),
  fc.record({ kind: fc.constant("merge" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("scale" as const), percent: fc.integer({ min: 50, max: 200 }) }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: -3000, max: 9000 }) }),
  fc.record({ kind: fc.constant("work" as const) }),
  fc.record({ kind: fc.constant("advance" as const) }),
  fc.record({ kind: fc.constant("settle" as const) }),
  fc.record({ kind: fc.constant("expire" as const) }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

test("whatever is split, merged and scaled, and however far, the open shards cover the key space exactly", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(action, { maxLength: 25 }), (shardCount, actions) => {
      const cluster = new ScriptedCluster();
      cluster.call("CreateStream", { ...s, ShardCount: shardCount });
      cluster.settle();
      const seen = new Map<number, ShardRecord>();
      for (const next of actions) {
        act(cluster, next);
        expectSound(cluster, seen);
      }
      cluster.settle();
      expectSound(cluster, seen);
      expect(cluster.stream("s")).toMatchObject({ status: "ACTIVE", reshard: undefined });
      expect(cluster.advance()).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

function act(cluster: ScriptedCluster, next: Action): void {
  const open = openShards(cluster.tables.shardsOf(1));
  switch (next.kind) {
    case "split": {
      const shard = open[next.which % open.length];
      if (shard === undefined) return;
      const { start, end } = hashRangeOf(shard);
      const key = start + ((end - start) * BigInt(next.where)) / 1000n;
      cluster.call("SplitShard", { ...s, ShardToSplit: String(shard.shardIndex), NewStartingHashKey: key.toString() });
      return;
    }
    case "merge": {
      const position = next.which % open.length;
      const [lower, upper] = [open[position], open[position + 1]];
      if (lower === undefined || upper === undefined) return;
      const [ShardToMerge, AdjacentShardToMerge] = [String(lower.shardIndex), String(upper.shardIndex)];
      cluster.call("MergeShards", { ...s, ShardToMerge, AdjacentShardToMerge });
      return;
    }
    case "scale":
      cluster.call("UpdateShardCount", {
        ...s,
        TargetShardCount: Math.max(1, Math.floor((open.length * next.percent) / 100)),
        ScalingType: "UNIFORM_SCALING",
      });
      return;
    case "pass":
      cluster.nowMs += next.ms;
      return;
    case "work":
      cluster.work();
      return;
    case "advance":
      cluster.advance();
      return;
    case "settle":
      cluster.settle();
      return;
    case "expire":
      cluster.nowMs += 25 * 3_600_000;
  }
}

/** `seen` keeps every shard there ever was, as it was last. */
function expectSound(cluster: ScriptedCluster, seen: Map<number, ShardRecord>): void {
  const shards = cluster.tables.shardsOf(1);
  expect(isExactHashCover(openShards(shards).map(hashRangeOf))).toBe(true);
  for (const shard of shards) {
    const before = seen.get(shard.shardIndex);
    expect(before === undefined || before.shardUid === shard.shardUid).toBe(true);
    seen.set(shard.shardIndex, shard);
    if (shard.createdSeconds === 0) continue;
    const base = { shardCreatedSeconds: shard.createdSeconds, shardIndex: shard.shardIndex };
    const start = BigInt(startingSequenceNumber(base));
    for (const uid of shard.parentShardUids) {
      const parent = [...seen.values()].find((candidate) => candidate.shardUid === uid);
      if (parent === undefined) throw new Error("a parent was there before its child");
      expect(shard.createdSeconds).toBeGreaterThan(parent.createdSeconds);
      expect(shard.createdSeconds * 1000).toBeGreaterThan(parent.closedMs);
      expect(decodeSequenceNumber(start)?.shardCreatedSeconds).toBe(shard.createdSeconds);
    }
  }
}
