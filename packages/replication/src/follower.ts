/**
 * What a replica does for a leader: report its log, be brought up to it, append, acknowledge. It obeys only the leader
 * of the epoch it has promised, and its log shrinks only on the instruction of a leader whose epoch it has not adopted.
 */
import { assert } from "@millrace/base";
import { frameEndOffset, frameKind, type Frame, type FrameHeader } from "@millrace/model";
import { epochAt, highestCommonPoint, historyBelow, historyFrom, historyUpTo } from "./epoch-history.ts";
import type { AppendMessage, CatchUpMessage, ProbeMessage, RejectMessage } from "./peer-message.ts";
import type { ReplicaAddress, ReplicaCore } from "./replica-core.ts";
import type { EpochStart, ReplicaState } from "./replica-state.ts";

/** Refuses a message. The promise travels along, so that a deposed leader learns of its successor. */
export function reject(core: ReplicaCore, to: ReplicaAddress, reason: RejectMessage["reason"]): void {
  const { promisedEpoch } = core.state;
  const message = { kind: "reject", epoch: promisedEpoch, reason, promisedEpoch, expectedOffset: core.logEnd } as const;
  core.send(to, "live", message);
}

/** Answers with the log as it is now, once that is durable. */
export function onProbe(core: ReplicaCore, from: ReplicaAddress, message: ProbeMessage): void {
  if (core.promiseUnsaved) core.writeState({});
  if (!core.order.hasRoom) return;
  if (core.state.logEpoch === message.epoch && core.logEnd < message.ackedEnd) core.distrustTail();
  const { state, logEnd } = core;
  if (state.suspect && state.logEpoch === message.epoch) return reject(core, from, "notAdopted");
  core.following = from;
  const reply = {
    kind: "probeReply",
    epoch: message.epoch,
    replicaUuid: state.replicaUuid,
    logStart: state.logStart,
    logEnd: state.damaged ? state.logStart : logEnd,
    history: state.damaged ? [] : state.history,
  } as const;
  core.order.whenDurable(() => {
    if (core.state.promisedEpoch === message.epoch) core.send(from, "control", reply);
  });
}

/** Frames of an adopted epoch, or none: then only the commit offset. */
export function onAppend(core: ReplicaCore, from: ReplicaAddress, message: AppendMessage): void {
  if (!hasAdopted(core, message.epoch)) return reject(core, from, "notAdopted");
  core.following = from;
  if (!appendNew(core, from, message.epoch, message.frames)) return;
  core.commitUpTo(Math.min(message.commitOffset, core.logEnd));
}

/** Brings a replica that has not adopted the epoch to the leader's log; for one that has, it is an append. */
export function onCatchUp(core: ReplicaCore, from: ReplicaAddress, message: CatchUpMessage): void {
  if (core.state.logEpoch === message.epoch) return continueAdopted(core, from, message);
  core.following = from;
  const common = commonWith(core, message);
  if (message.resetTo >= 0 && (common === undefined || common < message.resetTo)) {
    if (core.commitOffset > message.resetTo && !core.state.damaged) return cutBelowCommit(core);
    core.writeReset(message.resetTo, { ...copied([], message, message.resetTo), damaged: false });
  } else if (common === undefined || common < message.truncateTo) {
    return reject(core, from, "gap");
  } else if (common < core.logEnd) {
    if (common < core.commitOffset) return cutBelowCommit(core);
    const frame = core.recent.find(common);
    assert(frame === undefined || frame.baseOffset === common, "logs part between two frames");
    core.writeCut(common, copied(core.state.history, message, common));
  }
  copyFrames(core, from, message);
}

/** Sends the acknowledgement that is owed, if everything queued is durable. Called at the end of a step. */
export function acknowledge(core: ReplicaCore): void {
  const { following, state, order } = core;
  if (!core.ackOwed || following === undefined || order.durable !== order.queued) return;
  sendAck(core, following, state.promisedEpoch);
}

/** After a write became durable: the leader hears of every step forward. */
export function acknowledgeProgress(core: ReplicaCore): void {
  if (core.following !== undefined) sendAck(core, core.following, core.state.promisedEpoch);
}

function sendAck(core: ReplicaCore, to: ReplicaAddress, epoch: number): void {
  core.ackOwed = false;
  const adopted = core.durableLogEpoch === epoch && !core.state.suspect;
  const { replicaUuid } = core.state;
  core.send(to, "live", { kind: "ack", epoch, replicaUuid, adopted, durableEnd: core.order.durableEnd });
}

function hasAdopted(core: ReplicaCore, epoch: number): boolean {
  return core.state.logEpoch === epoch && !core.state.suspect;
}

function commonWith(core: ReplicaCore, message: CatchUpMessage): number | undefined {
  if (core.state.damaged) return undefined;
  const leaderLog = { history: message.history, logEnd: message.startOffset };
  return highestCommonPoint({ history: core.state.history, logEnd: core.logEnd }, leaderLog);
}

/** Inside an adopted epoch the log only grows: forward past what the leader has trimmed, or by its frames. */
function continueAdopted(core: ReplicaCore, from: ReplicaAddress, message: CatchUpMessage): void {
  if (!hasAdopted(core, message.epoch)) return reject(core, from, "notAdopted");
  core.following = from;
  if (message.resetTo > core.logEnd) {
    const { resetTo } = message;
    core.writeReset(resetTo, { history: historyFrom(message.history, resetTo) });
  }
  appendNew(core, from, message.epoch, message.frames);
}

/** The state once the log equals the leader's up to `logEnd`: adoption as soon as that reaches its start. */
function copied(own: readonly EpochStart[], message: CatchUpMessage, logEnd: number): Partial<ReplicaState> {
  const history = historyBelow(own, historyUpTo(message.history, logEnd));
  if (logEnd < message.startOffset) return { history };
  const { epoch, set } = message;
  return { history, logEpoch: epoch, configEpoch: epoch, set, suspect: false };
}

function copyFrames(core: ReplicaCore, from: ReplicaAddress, message: CatchUpMessage): void {
  if (core.state.logEpoch === message.epoch) {
    appendNew(core, from, message.epoch, message.frames);
    return;
  }
  const frames = newFrames(core, message.frames);
  if (frames === undefined) return;
  const first = frames[0];
  if (first !== undefined && first.header.baseOffset > core.logEnd) return reject(core, from, "gap");
  core.ackOwed = true;
  if (first === undefined) {
    if (core.logEnd >= message.startOffset) core.writeState(copied(core.state.history, message, core.logEnd));
    return;
  }
  if (!belongs(core, frames, (offset) => epochAt(message.history, offset))) return;
  const last = frames[frames.length - 1] ?? first;
  core.writeFramesAndState(frames, copied(core.state.history, message, frameEndOffset(last.header)));
}

/** Appends what is new of `frames` in an adopted epoch. Answers false when the message was refused. */
function appendNew(core: ReplicaCore, from: ReplicaAddress, epoch: number, sent: readonly Frame[]): boolean {
  const frames = newFrames(core, sent);
  if (frames === undefined) return false;
  const first = frames[0];
  if (first === undefined) {
    core.ackOwed = true;
    return true;
  }
  if (first.header.baseOffset > core.logEnd) {
    reject(core, from, "gap");
    return false;
  }
  if (!belongs(core, frames, () => epoch)) return false;
  core.writeFrames(frames);
  return true;
}

/** `sent` without what the log already has; undefined when the log has something else there (the shard is halted). */
function newFrames(core: ReplicaCore, sent: readonly Frame[]): readonly Frame[] | undefined {
  let known = 0;
  for (const { header } of sent) {
    if (header.baseOffset >= core.logEnd) break;
    const held = core.recent.find(header.baseOffset);
    if (held !== undefined && !sameFrame(held, header)) {
      core.halt(`two frames at offset ${header.baseOffset} of epoch ${header.epoch}`);
      return undefined;
    }
    if (frameEndOffset(header) > core.logEnd) {
      core.halt(`a frame at offset ${header.baseOffset} overlaps the log's end ${core.logEnd}`);
      return undefined;
    }
    known += 1;
  }
  return known === 0 ? sent : sent.slice(known);
}

function sameFrame(a: FrameHeader, b: FrameHeader): boolean {
  return a.baseOffset === b.baseOffset && a.epoch === b.epoch && a.bodyCrc === b.bodyCrc;
}

/** Whether contiguous frames continue this very log; anything else is a violation, and the shard is halted. */
function belongs(core: ReplicaCore, frames: readonly Frame[], epochOf: (offset: number) => number): boolean {
  let { logEnd, lastFrameEpoch, closing } = core;
  for (const { header } of frames) {
    const linked = lastFrameEpoch === 0 || header.prevEpoch === 0 || header.prevEpoch === lastFrameEpoch;
    const follows = linked && header.baseOffset === logEnd && !closing;
    if (!follows || header.epoch !== epochOf(header.baseOffset) || header.shardUid !== core.state.shardUid) {
      core.halt(`a frame of epoch ${header.epoch} at offset ${header.baseOffset} does not continue the log`);
      return false;
    }
    logEnd = frameEndOffset(header);
    lastFrameEpoch = header.epoch;
    closing = header.kind === frameKind.close;
  }
  return true;
}

function cutBelowCommit(core: ReplicaCore): void {
  core.halt(`a leader asked to cut below the commit offset ${core.commitOffset}`);
}
