/** Why a shard's epoch ends: its leader is lost, a member must be repaired, its set changes, or another is to lead. */
import { majorityOf } from "./choose-replica.ts";
import { memberOf, type EpochCore } from "./epoch-core.ts";

/** A leader that has not answered by then may have resigned: the next epoch is begun without its word. */
const HAND_OVER_MS = 2_000;

/** The leader of `epoch`, or the replica about to be it, is dead, resigned, halted or silent. */
export function onLeaderLost(core: EpochCore, nodeId: string, epoch: number): void {
  const { phase } = core;
  const { record } = core.context;
  if (epoch !== record.epoch) return;
  if (phase.name === "idle" && record.configState === "active" && record.leader === nodeId) {
    core.avoid = nodeId;
    core.burn();
  } else if (phase.name === "handingOver" && phase.nodeId === nodeId) {
    takeOver(core);
  } else if (phase.name === "recovering" && phase.chosen.nodeId === nodeId) {
    core.avoid = nodeId;
    core.again();
  } else if (phase.name === "activating" && phase.nodeId === nodeId) {
    phase.lost = true;
  }
}

/** Another replica leads and stays the favourite: a new epoch only lets it copy its log to the suspect one. */
export function onSuspect(core: EpochCore, nodeId: string, epoch: number): void {
  const { record, isUp } = core.context;
  if (epoch !== record.epoch) return;
  if (record.leader === nodeId || core.phase.name === "recovering" || core.phase.name === "activating") {
    core.repairDue = true;
    return onLeaderLost(core, nodeId, epoch);
  }
  // Members say so again and again: without a majority of sound ones a new epoch would only wait for them.
  const sound = record.set.filter((member) => member.nodeId !== nodeId && isUp(member.nodeId));
  if (sound.length < majorityOf(record.set.length)) return;
  if (core.phase.name === "idle" && record.configState === "active") beginRepair(core);
}

/** A new epoch under the same leader. */
export function beginRepair(core: EpochCore): void {
  core.prefer = core.context.record.leader;
  core.burn();
}

/** The learner of the pending change is level. */
export function onChangeSet(core: EpochCore, epoch: number): void {
  const { record } = core.context;
  const { pending } = record;
  if (core.phase.name !== "idle" || record.configState !== "active" || record.epoch !== epoch) return;
  if (pending === undefined) return;
  core.change = pending;
  core.avoid = pending.remove.nodeId;
  // The member that goes cannot install its own end, even if it leads now.
  core.prefer = record.leader === pending.remove.nodeId ? "" : record.leader;
  core.burn();
}

/** The shard is well and should be led by another member. */
export function onMoveLeader(core: EpochCore, epoch: number, to: string): void {
  const { record, isUp, nowMs } = core.context;
  if (core.phase.name !== "idle" || record.configState !== "active" || record.epoch !== epoch) return;
  const member = memberOf(record.set, to);
  if (member === undefined || record.leader === to || !isUp(to)) return;
  const { leader: nodeId } = record;
  core.enter({ name: "handingOver", nodeId, to, deadlineMs: nowMs + HAND_OVER_MS });
  core.out.push({ type: "handOver", nodeId, epoch, toReplicaUuid: member.replicaUuid });
}

/** The leader has resigned in favour of another, or stays. */
export function onHandedOver(core: EpochCore, epoch: number, ok: boolean): void {
  if (core.phase.name !== "handingOver" || epoch !== core.context.record.epoch) return;
  if (ok) takeOver(core);
  else core.enter({ name: "idle" });
}

/** The leader has resigned in favour of another, or may have. */
export function takeOver(core: EpochCore): void {
  if (core.phase.name !== "handingOver") return;
  core.avoid = core.phase.nodeId;
  core.prefer = core.phase.to;
  core.burn();
}
