/**
 * The volatile state of one leader in one epoch: who has adopted, who has acknowledged what, and the rule of commitment.
 * It dies with the process, with a higher epoch, or with a resignation, and is never taken up again.
 */
import { FrameWindow } from "./frame-window.ts";
import type { ReplicaAddress, ReplicaCore } from "./replica-core.ts";
import type { ReplicaMember } from "./replica-state.ts";

/**
 * How far one other member has been brought. `probing`: its log is not known yet. `catchingUp`: fed from the log, a few
 * chunks at a time. `live`: gets every frame at once, as long as its window has room.
 */
export interface PeerProgress extends ReplicaAddress {
  /** Not a member of the set: fed like one, counted for nothing. */
  readonly learner: boolean;
  mode: "probing" | "catchingUp" | "live";
  adopted: boolean;
  /** Acknowledged as durable in this epoch; 0 before adoption. */
  ackedEnd: number;
  /** Last heard to be durable there in whatever epoch: for reports only, never counted. */
  heardEnd: number;
  /** The next frame to send begins here. */
  nextOffset: number;
  /** Ends of the chunks whose acknowledgement is awaited, in order; all of them went over the catch-up lane. */
  chunkEnds: number[];
  /** The last chunk was as large as chunks get: there is more behind it. */
  moreBehind: boolean;
  /** A `readLog` is out. */
  reading: boolean;
  /** ≥ 0: the next catch-up message replaces the peer's log by one that begins here. */
  resetTo: number;
  readonly window: FrameWindow;
  sentCommit: number;
  /** Since when it owes an answer. */
  quietSinceMs: number;
}

/** See the file comment. */
export interface Leadership {
  readonly epoch: number;
  readonly startOffset: number;
  readonly set: readonly ReplicaMember[];
  readonly setChanges: boolean;
  readonly quorum: number;
  /** The other members, and the learners after them. */
  peers: readonly PeerProgress[];
  /** The epoch's entry in the leader's own history is durable. */
  selfAdopted: boolean;
  adoptedReportedMs: number;
  open: boolean;
  /** For the rule that a leader without progress resigns. */
  stalledSinceMs: number;
  stalledCommit: number;
}

/** A leader that has been told to recover `epoch` and counts nothing yet. */
export function beginLeadership(core: ReplicaCore, told: Pick<Leadership, "epoch" | "set" | "setChanges">): Leadership {
  const peers = told.set.filter((member) => member.replicaUuid !== core.state.replicaUuid);
  return {
    ...told,
    startOffset: core.logEnd,
    quorum: Math.floor(told.set.length / 2) + 1,
    peers: peers.map((member) => newPeer(member, false, core.nowMs)),
    selfAdopted: false,
    adoptedReportedMs: -1,
    open: false,
    stalledSinceMs: -1,
    stalledCommit: 0,
  };
}

/** Members that have durably adopted the epoch, the leader included. */
export function adoptionCount(leadership: Leadership): number {
  let count = leadership.selfAdopted ? 1 : 0;
  for (const peer of leadership.peers) if (peer.adopted && !peer.learner) count += 1;
  return count;
}

/** Replaces the learners; one that stays keeps its progress. Answers those that are new. */
export function setLearners(
  core: ReplicaCore,
  leadership: Leadership,
  learners: readonly ReplicaMember[],
): readonly PeerProgress[] {
  const strangers = learners.filter((each) => !leadership.set.some((member) => member.nodeId === each.nodeId));
  const known = new Map(leadership.peers.filter((peer) => peer.learner).map((peer) => [peer.replicaUuid, peer]));
  const next = strangers.map((each) => known.get(each.replicaUuid) ?? newPeer(each, true, core.nowMs));
  leadership.peers = [...leadership.peers.filter((peer) => !peer.learner), ...next];
  return next.filter((peer) => !known.has(peer.replicaUuid));
}

/** The greatest offset below which a quorum of adopted members holds everything durably. */
export function quorumEnd(leadership: Leadership, selfEnd: number): number {
  const { peers } = leadership;
  let best = reachedBy(leadership, selfEnd, selfEnd) ? selfEnd : 0;
  for (const peer of peers) {
    if (peer.adopted && !peer.learner && peer.ackedEnd > best && reachedBy(leadership, selfEnd, peer.ackedEnd))
      best = peer.ackedEnd;
  }
  return best;
}

function reachedBy(leadership: Leadership, selfEnd: number, offset: number): boolean {
  let count = leadership.selfAdopted && selfEnd >= offset ? 1 : 0;
  for (const peer of leadership.peers) if (peer.adopted && !peer.learner && peer.ackedEnd >= offset) count += 1;
  return count >= leadership.quorum;
}

function newPeer(member: ReplicaMember, learner: boolean, nowMs: number): PeerProgress {
  return {
    nodeId: member.nodeId,
    replicaUuid: member.replicaUuid,
    learner,
    mode: "probing",
    adopted: false,
    ackedEnd: 0,
    heardEnd: 0,
    nextOffset: 0,
    chunkEnds: [],
    moreBehind: false,
    reading: false,
    resetTo: -1,
    window: new FrameWindow(),
    sentCommit: -1,
    quietSinceMs: nowMs,
  };
}
