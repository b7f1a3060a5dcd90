/** The past of a shard is stopped: a burnt epoch is promised by a majority, whose logs are reported, and one of them is chosen. */
import { chooseReplica } from "./choose-replica.ts";
import { memberOf, type EpochCore } from "./epoch-core.ts";
import type { EpochEvent } from "./epoch-step.ts";
import { recover } from "./open-epoch.ts";

/** How long a quorum waits for one more answer, of another than the replica to avoid. */
const GRACE_MS = 300;
/** How long a quorum waits for the replica that is to lead: it is alive, and its answer takes one sync. */
const PREFERENCE_MS = 100;

/** The compare-and-set to the new epoch was written, or lost against another. */
export function onBurnt(core: EpochCore, toEpoch: number, ok: boolean): void {
  if (core.phase.name !== "burning" || core.phase.toEpoch !== toEpoch) return;
  if (!ok) {
    // Somebody else changed the configuration. If he opens it, it is settled; if it stays recovering, try later.
    if (core.context.record.configState === "active") return core.enter({ name: "idle" });
    return core.pause();
  }
  core.epoch = toEpoch;
  core.enter({ name: "sealing", answers: new Map(), since: core.context.nowMs });
  askToSeal(core);
}

/** Asks those who have not answered. */
export function askToSeal(core: EpochCore): void {
  if (core.phase.name !== "sealing") return;
  const { answers } = core.phase;
  for (const { nodeId, replicaUuid } of core.asked.take(core.context, (id) => answers.has(id))) {
    core.out.push({ type: "seal", nodeId, replicaUuid, epoch: core.epoch });
  }
}

/** A member answered. */
export function onSealed(core: EpochCore, event: EpochEvent & { readonly type: "sealed" }): void {
  const { report, nodeId } = event;
  if (core.phase.name !== "sealing" || event.epoch !== core.epoch) return;
  core.asked.answered(nodeId);
  if (report.promisedEpoch > core.epoch) {
    core.promisedFloor = Math.max(core.promisedFloor, report.promisedEpoch);
    return core.again();
  }
  const { record } = core.context;
  const member = memberOf(record.set, nodeId);
  if (!report.ok || report.suspect || member?.replicaUuid !== report.replicaUuid) return;
  const { logEpoch, logEnd, replicaUuid } = report;
  // A replica of an opened shard that has adopted nothing was made late, perhaps in place of one that was lost.
  if (logEpoch === 0 && record.state !== "creating") return;
  core.phase.answers.set(nodeId, { nodeId, replicaUuid, boot: event.boot, logEpoch, logEnd });
  choose(core);
}

/** A member could not be asked. */
export function onSealFailed(core: EpochCore, nodeId: string, epoch: number): void {
  if (core.phase.name === "sealing" && epoch === core.epoch) core.asked.answered(nodeId);
}

/** Goes on as soon as a majority has answered and waiting longer is no use. */
export function choose(core: EpochCore): void {
  if (core.phase.name !== "sealing") return;
  const { nowMs, record, isUp, loadOf } = core.context;
  // Another coordinator has gone on meanwhile: who answered may be no member any more.
  if (record.epoch !== core.epoch) return core.pause();
  const { avoid, prefer } = core;
  const answers = [...core.phase.answers.values()];
  const waitedMs = nowMs - core.phase.since;
  const mayImprove = answers.length < record.set.length && answers.some((answer) => answer.nodeId === avoid);
  if (mayImprove && waitedMs < GRACE_MS) return;
  const awaitsPreferred = core.asked.awaits(prefer) && isUp(prefer);
  if (awaitsPreferred && waitedMs < PREFERENCE_MS) return;
  const chosen = chooseReplica({ answers, setSize: record.set.length, loadOf, avoid, prefer });
  if (chosen !== undefined) recover(core, chosen);
}
