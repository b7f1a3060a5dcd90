import { describe, expect, test } from "vitest";
import { check, type ScriptedCluster } from "../control/control-script.test-support.ts";
import { openShards } from "../control/shard-view.ts";
import { type OnDemandMemory, scaleOnDemandStreams, type ShardLoad } from "./on-demand-scaling.ts";

const s = { StreamName: "s" };
const EVALUATION_MS = 10_000;

/** Shares of a shard's record limit, by position in the key space; undefined where no leader reported. */
type Shares = (position: number, count: number) => number | undefined;

/** Evaluates every ten seconds, `times` times, and returns the open shards after each. */
function evaluate(cluster: ScriptedCluster, times: number, shares: Shares): readonly number[] {
  let memory: OnDemandMemory = new Map();
  const counts: number[] = [];
  const startMs = cluster.nowMs;
  for (let turn = 0; turn < times; turn++) {
    const open = openShards(cluster.tables.shardsOf(1));
    const loads = new Map<number, ShardLoad>();
    open.forEach(({ shardUid }, position) => {
      const share = shares(position, open.length);
      if (share !== undefined) loads.set(shardUid, { shardUid, bytesPerSecond: 0, recordsPerSecond: share * 1000 });
    });
    const decision = scaleOnDemandStreams(cluster.tables, cluster.nowMs, loads, memory);
    memory = decision.memory;
    cluster.tables.apply(decision.changes);
    cluster.settle();
    counts.push(openShards(cluster.tables.shardsOf(1)).length);
    cluster.nowMs = startMs + (turn + 1) * EVALUATION_MS;
  }
  return counts;
}

function onDemand(): ScriptedCluster {
  return check([["CreateStream", s, "ok"], ["settle"]]);
}

describe("on-demand scaling", () => {
  test("splits a shard that is hot twice running, and no other", () => {
    expect(evaluate(onDemand(), 2, (position) => (position === 0 ? 0.6 : 0.3))).toEqual([4, 5]);
  });

  test("one hot evaluation is a burst", () => {
    let turn = 0;
    expect(evaluate(onDemand(), 6, (position) => (position === 3 && turn++ % 2 === 0 ? 0.9 : 0.3))).toEqual(
      Array.from({ length: 6 }, () => 4),
    );
  });

  test("doubles again and again while an even load stays too high", () => {
    expect(evaluate(onDemand(), 6, (_, count) => 12 / count).at(-1)).toBe(32);
  });

  test("does not split for ever for one hot key", () => {
    expect(evaluate(onDemand(), 40, (position) => (position === 0 ? 1 : 0.2)).at(-1)).toBeLessThanOrEqual(64);
    expect(evaluate(onDemand(), 60, (position) => (position === 0 ? 1 : undefined)).at(-1)).toBe(8);
  });

  test("merges neighbours that were cold for a quarter of an hour, down to four", () => {
    const cluster = onDemand();
    expect(evaluate(cluster, 2, () => 0.9).at(-1)).toBe(8);
    const counts = evaluate(cluster, 200, () => 0.05);
    expect(counts.indexOf(4)).toBe(90);
    expect(counts.at(-1)).toBe(4);
  });

  test("keeps shards whose load nobody reports", () => {
    const cluster = onDemand();
    evaluate(cluster, 2, () => 0.9);
    expect(evaluate(cluster, 120, () => undefined).at(-1)).toBe(8);
  });

  test("leaves provisioned streams alone", () => {
    const cluster = check([["CreateStream", { ...s, ShardCount: 1 }, "ok"], ["settle"]]);
    expect(evaluate(cluster, 3, () => 2)).toEqual([1, 1, 1]);
  });

  test("keeps the warm throughput of a committed account ready", () => {
    const warm = { ...s, StreamModeDetails: { StreamMode: "ON_DEMAND" }, WarmThroughputMiBps: 8 };
    const cluster = check([
      ["UpdateAccountSettings", { MinimumThroughputBillingCommitment: { Status: "ENABLED" } }, "ok"],
      ["CreateStream", warm, "ok"],
      ["settle"],
    ]);
    expect(evaluate(cluster, 100, () => 0).at(-1)).toBe(8);
    cluster.call("UpdateStreamWarmThroughput", { ...s, WarmThroughputMiBps: 0 });
    cluster.settle();
    expect(evaluate(cluster, 100, () => 0).at(-1)).toBe(4);
  });
});
