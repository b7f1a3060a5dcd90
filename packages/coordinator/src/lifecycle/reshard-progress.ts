/**
 * Reshards, one round at a time. A step of a round goes through the states of its shards, and nothing else is stored:
 *
 * 1. children `creating`, parents open: the epoch rules make replicas and leaders.
 * 2. all children `ready`: the parents become `closing`, in one change. There is no way back from here.
 * 3. the parents' close records are committed and reported: in one change the parents are closed and the children open,
 *    with creation seconds, and so sequence numbers, above everything in the parents.
 *
 * Steps are independent. When all of a round are done the next round towards the target starts, or the stream is ACTIVE.
 */
import { assert } from "@millrace/base";
import { planScalingRound, startReshardRound } from "../control/shard-scaling.ts";
import type { ReshardStep, ShardRecord, StreamRecord } from "../state/cluster-state.ts";
import type { ChangeDraft } from "./change-draft.ts";
import type { ClosedReport, LifecycleFacts } from "./lifecycle-facts.ts";

/** Takes every step of `stream`'s reshard as far as the facts allow. */
export function advanceReshard(draft: ChangeDraft, stream: StreamRecord, nowMs: number, facts: LifecycleFacts): void {
  const reshard = stream.reshard;
  if (reshard === undefined) return;
  let allDone = true;
  for (const step of reshard.steps) allDone = advanceStep(draft, step, nowMs, facts) && allDone;
  if (!allDone) return;
  const target = reshard.targetShardCount;
  const round = target === 0 ? [] : planScalingRound(draft.shardsOf(stream.streamUid), target);
  if (round.length > 0) draft.put(startReshardRound(draft.cluster, stream, round, target));
  else draft.putStream({ ...stream, status: "ACTIVE", reshard: undefined, activeAtMs: 0 });
}

/** Returns whether the step is done. */
function advanceStep(draft: ChangeDraft, step: ReshardStep, nowMs: number, facts: LifecycleFacts): boolean {
  const children = step.childShardUids.flatMap((uid) => draft.shard(uid) ?? []);
  if (children.every((child) => child.state !== "creating" && child.state !== "ready")) return true;
  if (!children.every((child) => child.state === "ready")) return false;
  const parents = step.parentShardUids.flatMap((uid) => draft.shard(uid) ?? []);
  assert(parents.length === step.parentShardUids.length, "parents outlive the step that closes them");
  const reports = parents.flatMap((parent) => facts.closedReports.get(parent.shardUid) ?? []);
  if (reports.length === parents.length && parents.every((parent) => parent.state === "closing")) {
    switchOver(draft, { parents, children, reports }, nowMs);
    return true;
  }
  for (const parent of parents) {
    if (parent.state === "open") draft.putShard({ ...parent, state: "closing" });
  }
  return false;
}

/** Both parents of a merge get the same closing time: the shards open at any one time must cover the key space. */
function switchOver(
  draft: ChangeDraft,
  step: {
    readonly parents: readonly ShardRecord[];
    readonly children: readonly ShardRecord[];
    readonly reports: readonly ClosedReport[];
  },
  nowMs: number,
): void {
  const openedMs = step.parents.map((parent) => parent.createdSeconds * 1000);
  const closedMs = Math.max(...step.reports.map((report) => report.closedMs), ...openedMs);
  step.parents.forEach((parent, position) => {
    const endOffset = step.reports[position]?.endOffset ?? 0;
    draft.putShard({ ...parent, state: "closed", endOffset, closedMs });
  });
  const createdSeconds = Math.max(Math.floor(nowMs / 1000), Math.floor(closedMs / 1000) + 1);
  for (const child of step.children) draft.putShard({ ...child, state: "open", createdSeconds });
}
