/**
 * What the coordinator may ask: Seal (stop the past, report the log), Recover (lead this epoch with exactly the log
 * you reported), and for an operator Resume. Refusals name the promise, so that an outdated coordinator learns that it is.
 */
import { historyWith } from "./epoch-history.ts";
import { beginLeadership } from "./leadership.ts";
import { onSelfAdopted } from "./leader.ts";
import type { ReplicaInput, SealReply } from "./replica-contract.ts";
import type { ReplicaCore } from "./replica-core.ts";

type SealInput = Extract<ReplicaInput, { type: "seal" }>;
type ResumeInput = Extract<ReplicaInput, { type: "resume" }>;
type RecoverInput = Extract<ReplicaInput, { type: "recover" }>;

/**
 * The promise rises at once, so nothing older is accepted from here on; the answer describes the log as it is now and
 * is given when all of it, and the promise, is durable.
 */
export function onSeal(core: ReplicaCore, { requestId, epoch, replicaUuid }: SealInput): void {
  const { state } = core;
  const outdated = epoch < state.promisedEpoch || epoch <= state.logEpoch;
  if (core.halted || replicaUuid !== state.replicaUuid || outdated || !core.order.hasRoom) {
    core.outputs.push({ type: "sealReply", requestId, reply: sealReply(core, false) });
    return;
  }
  if (epoch > state.promisedEpoch) {
    core.raisePromise(epoch);
    core.writeState({});
  }
  const reply = sealReply(core, true);
  core.order.whenDurable(() => core.outputs.push({ type: "sealReply", requestId, reply }));
}

/** Leads only if it is still the replica, in the same process, with the same log, that was chosen. */
export function onRecover(core: ReplicaCore, input: RecoverInput): void {
  const { requestId, epoch } = input;
  const repeated = core.leadership?.epoch === epoch && core.order.hasRoom;
  const why = repeated ? undefined : refusal(core, input);
  if (why !== undefined) {
    core.outputs.push({ type: "recoverReply", requestId, ok: false, why });
    return;
  }
  if (core.leadership === undefined) lead(core, input);
  core.order.whenDurable(() => core.outputs.push({ type: "recoverReply", requestId, ok: true, why: "" }));
}

/**
 * An operator has found out why the replica is halted. Unless its log is vouched for it is replaced as a whole, like a damaged one,
 * and counts for nothing until then.
 */
export function onResume(core: ReplicaCore, { requestId, keepLog }: ResumeInput): void {
  if (!core.order.hasRoom) return;
  if (core.halted) core.writeState(keepLog ? { halted: false } : { halted: false, suspect: true, damaged: true });
  core.order.whenDurable(() => core.outputs.push({ type: "resumeReply", requestId }));
}

function lead(core: ReplicaCore, { epoch, set, setChanges }: RecoverInput): void {
  const history = historyWith(core.state.history, { epoch, startOffset: core.logEnd });
  const leadership = beginLeadership(core, { epoch, set, setChanges });
  core.leadership = leadership;
  core.following = undefined;
  core.writeState({ history, logEpoch: epoch, configEpoch: epoch, set });
  core.order.whenDurable(() => onSelfAdopted(core, leadership));
}

function refusal(core: ReplicaCore, { epoch, reported, set }: RecoverInput): string | undefined {
  const { state } = core;
  if (core.halted) return "the replica is halted";
  if (!core.order.hasRoom) return "the disk is stalled";
  if (reported.replicaUuid !== state.replicaUuid) return "another replica was chosen";
  if (reported.boot !== core.boot) return "the node has restarted since its report";
  if (state.promisedEpoch !== epoch) return `epoch ${state.promisedEpoch} is promised`;
  if (state.suspect) return "the replica may have lost its tail";
  if (state.logEpoch >= epoch) return `epoch ${state.logEpoch} is adopted`;
  if (reported.logEpoch !== state.logEpoch || reported.logEnd !== core.logEnd) return "the log is not as reported";
  const self = set.find((member) => member.replicaUuid === state.replicaUuid);
  return self?.nodeId === core.nodeId ? undefined : "the replica is not a member of the set";
}

function sealReply(core: ReplicaCore, ok: boolean): SealReply {
  const { state, logEnd } = core;
  const { replicaUuid, promisedEpoch, logEpoch, logStart, history, suspect } = state;
  return { ok, replicaUuid, promisedEpoch, logEpoch, logStart, logEnd, history, suspect };
}
