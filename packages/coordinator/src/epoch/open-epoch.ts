/** The chosen replica is told to lead; when it has a majority, the record is made to say so and the shard is served again. */
import { changedSet } from "./change-configuration.ts";
import type { SealAnswer } from "./choose-replica.ts";
import type { EpochCore } from "./epoch-core.ts";
import { beginRepair, onLeaderLost } from "./leave-leader.ts";

/** The first attempt's time to open; doubles per attempt, because bringing a peer up may need long copying. */
const OPEN_TIMEOUT_MS = 8_000;
const OPEN_TIMEOUT_MAX_MS = 120_000;

/** Tells the chosen replica to lead the attempt's epoch, with the changed set if one is due. */
export function recover(core: EpochCore, chosen: SealAnswer): void {
  const { context } = core;
  const timeoutMs = Math.min(OPEN_TIMEOUT_MS * 2 ** core.attempts, OPEN_TIMEOUT_MAX_MS);
  const { set, pending } = context.record;
  // The leader must be in both sets; and a change that was given up meanwhile can no longer be installed.
  const isStillPending = pending !== undefined && pending.add.replicaUuid === core.change?.add.replicaUuid;
  if (!isStillPending || pending.remove.nodeId === chosen.nodeId) core.change = undefined;
  const { change } = core;
  core.enter({ name: "recovering", chosen, deadlineMs: context.nowMs + timeoutMs });
  const target = change === undefined ? set : changedSet(set, change);
  core.out.push({ type: "recover", epoch: core.epoch, chosen, set: target, setChanges: change !== undefined });
}

/** The chosen replica took the order, or refused it. */
export function onRecoverAnswered(core: EpochCore, epoch: number, ok: boolean): void {
  if (core.phase.name === "recovering" && epoch === core.epoch && !ok) core.again();
}

/** A node says that it leads. */
export function onLeading(core: EpochCore, nodeId: string, epoch: number): void {
  const { record } = core.context;
  if (epoch !== record.epoch || record.configState !== "recovering") return;
  const expected = core.phase.name === "recovering" && core.phase.chosen.nodeId === nodeId;
  // Idle: the coordinator restarted between Recover and the opening. The epoch was burnt once and has one leader.
  if (!expected && core.phase.name !== "idle") return;
  // With a changed set nobody leads before that is installed.
  if (expected && core.change !== undefined) return;
  core.epoch = epoch;
  core.enter({ name: "activating", nodeId, lost: false });
  core.out.push({ type: "activate", epoch, leader: nodeId, change: undefined });
}

/** A node with a changed set has its majority and waits for leave to open. */
export function onAdopted(core: EpochCore, nodeId: string, epoch: number): void {
  const { record } = core.context;
  if (epoch !== record.epoch) return;
  if (core.phase.name === "idle" && record.configState === "active" && record.leader === nodeId) {
    core.out.push({ type: "confirm", nodeId, epoch });
    return;
  }
  if (core.phase.name !== "recovering" || core.phase.chosen.nodeId !== nodeId || core.change === undefined) return;
  core.enter({ name: "activating", nodeId, lost: false });
  core.out.push({ type: "activate", epoch, leader: nodeId, change: core.change });
}

/** The record says that the epoch is open, or could not be made to say so. */
export function onActivated(core: EpochCore, epoch: number, ok: boolean): void {
  if (core.phase.name !== "activating" || epoch !== core.epoch) return;
  const { nodeId, lost } = core.phase;
  const changed = core.change !== undefined;
  core.change = undefined;
  core.enter({ name: "idle" });
  if (!ok) {
    if (core.context.record.configState === "recovering") core.pause();
    return;
  }
  core.attempts = 0;
  core.avoid = "";
  core.prefer = "";
  if (changed) core.out.push({ type: "confirm", nodeId, epoch });
  // It may have died or resigned while the record was being written.
  if (lost || !core.context.isUp(nodeId)) onLeaderLost(core, nodeId, epoch);
  else if (core.repairDue) beginRepair(core);
}
