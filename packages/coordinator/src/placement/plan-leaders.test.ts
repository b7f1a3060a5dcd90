import { expect, test } from "vitest";
import { shardRecord } from "../epoch/testing/epoch-lab.ts";
import type { ShardRecord } from "../state/cluster-state.ts";
import { planEvacuation, planLeaderBalance, type LeaderSource } from "./plan-leaders.ts";

/** Shards on a, b, c led as `leaders` says; `lagging` members are not level anywhere. */
function source(
  leaders: string,
  overrides: { mayNot?: string; unsettled?: string; lagging?: string } = {},
): LeaderSource {
  const { mayNot = "", unsettled = "", lagging = "" } = overrides;
  const shards = leaders.split("").map((leader, index): ShardRecord => {
    return shardRecord({ shardUid: index, leader, epoch: 3, configState: "active", state: "open" });
  });
  const led = (nodeId: string): ShardRecord[] => shards.filter(({ leader }) => leader === nodeId);
  return {
    nodes: ["a", "b", "c"].map((nodeId) => ({
      nodeId,
      mayLead: !mayNot.includes(nodeId),
      settled: !unsettled.includes(nodeId),
    })),
    ledBy: led,
    leaderCount: (nodeId) => led(nodeId).length,
    isLevel: (_record, nodeId) => !lagging.includes(nodeId),
  };
}

const words = (plan: ReturnType<typeof planEvacuation>): string =>
  plan.map(({ shardUid, to, epoch }) => `${shardUid}->${to}@${epoch}`).join(" ");

test("a node that should lead nothing is emptied, evenly, to members that are level", () => {
  expect(words(planEvacuation(source("aaab", { mayNot: "a" }), 10))).toBe("0->c@3 1->b@3 2->c@3");
  expect(words(planEvacuation(source("aaab", { mayNot: "a", lagging: "c" }), 10))).toBe("0->b@3 1->b@3 2->b@3");
  expect(words(planEvacuation(source("aaab", { mayNot: "a", lagging: "bc" }), 10))).toBe("");
  expect(words(planEvacuation(source("aaab", { mayNot: "abc" }), 10))).toBe("");
  expect(planEvacuation(source("aaaa", { mayNot: "a" }), 2)).toHaveLength(2);
});

test("balance moves as little as makes nodes alike, to nodes that have been well for a while", () => {
  expect(words(planLeaderBalance(source("aaabbc"), 10))).toBe("0->c@3");
  expect(words(planLeaderBalance(source("aabbcc"), 10))).toBe("");
  expect(words(planLeaderBalance(source("aabbc"), 10))).toBe("");
  expect(words(planLeaderBalance(source("aaabbb"), 10))).toBe("0->c@3 3->c@3");
  expect(words(planLeaderBalance(source("aaabbb", { unsettled: "c" }), 10))).toBe("");
  expect(words(planLeaderBalance(source("aaabbb", { lagging: "c" }), 10))).toBe("");
  expect(planLeaderBalance(source("aaaaaaaa"), 3)).toHaveLength(3);
});
