import { expect, test } from "vitest";
import type { EpochEvent } from "../epoch/epoch-step.ts";
import { RecoveryQueue } from "./recovery-queue.ts";

const lost: EpochEvent = { type: "leaderLost", epoch: 1, nodeId: "a", why: "dead" };
const uids = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

test("a bounded number begins at once; the others follow in their order as places become free", () => {
  const queue = new RecoveryQueue();
  const began = uids(1, 2_500).filter((uid) => queue.enter(uid, lost, 0));
  expect([began.length, queue.waitingCount, queue.isWaiting(1_001), queue.isWaiting(1_000)]).toEqual([
    1_000,
    1_500,
    true,
    false,
  ]);
  expect(queue.takeDue(100)).toEqual([]);
  for (const uid of [3, 5]) queue.release(uid);
  expect(queue.takeDue(100).map(({ shardUid }) => shardUid)).toEqual([1_001, 1_002]);
  // Nobody overtakes those who wait.
  queue.release(7);
  expect(queue.enter(9_000, lost, 100)).toBe(false);
});

test("those that cannot be helped hold their places for a second, not for ever", () => {
  const queue = new RecoveryQueue();
  for (const uid of uids(1, 1_200)) queue.enter(uid, lost, 0);
  expect(queue.takeDue(999)).toEqual([]);
  expect(queue.takeDue(1_000).map(({ shardUid }) => shardUid)).toEqual(uids(1_001, 200));
});

test("a shard that is gone waits no more", () => {
  const queue = new RecoveryQueue();
  for (const uid of uids(1, 1_003)) queue.enter(uid, lost, 0);
  queue.leave(1_002);
  expect(queue.takeDue(2_000).map(({ shardUid }) => shardUid)).toEqual([1_001, 1_003]);
});
