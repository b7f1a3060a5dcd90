/**
 * Leading one epoch: open when enough members have adopted, append, commit, resign when no quorum answers. How single
 * peers are fed is in `peer-feeding.ts`.
 */
import { assert } from "@millrace/base";
import { frameEndOffset, type Frame } from "@millrace/model";
import { adoptionCount, quorumEnd, setLearners, type Leadership } from "./leadership.ts";
import type { PeerMessage } from "./peer-message.ts";
import { probePeer, resendIfQuiet, sendLive } from "./peer-feeding.ts";
import type { ReplicaCore } from "./replica-core.ts";
import type { ReplicaMember } from "./replica-state.ts";

/** A leader whose appends wait this long without one more record committed resigns. */
const QUORUM_TIMEOUT_MS = 2000;
/** The `adopted` report is repeated until the coordinator has confirmed a changed set. */
const REPORT_AGAIN_MS = 1000;

/** The leader's own history is durable: it counts itself and asks the others for their logs. */
export function onSelfAdopted(core: ReplicaCore, leadership: Leadership): void {
  if (core.leadership !== leadership) return;
  leadership.selfAdopted = true;
  for (const peer of leadership.peers) probePeer(core, leadership, peer);
  advance(core, leadership);
}

/** Opens or commits, whichever the last acknowledgement allows. */
export function advance(core: ReplicaCore, leadership: Leadership): void {
  if (!leadership.open && adoptionCount(leadership) >= leadership.quorum) {
    if (leadership.adoptedReportedMs < 0) reportAdopted(core, leadership);
    if (!leadership.setChanges) open(core, leadership);
  }
  if (leadership.open) core.commitUpTo(quorumEnd(leadership, core.order.durableEnd));
}

/** The coordinator has installed the changed set. */
export function onOpenConfirmed(core: ReplicaCore, epoch: number): void {
  const { leadership } = core;
  if (leadership === undefined || leadership.epoch !== epoch || leadership.open) return;
  if (adoptionCount(leadership) < leadership.quorum) return;
  open(core, leadership);
  advance(core, leadership);
}

/** The coordinator names the replicas to bring up beside the set; an outdated one names them for another epoch. */
export function onLearners(core: ReplicaCore, epoch: number, learners: readonly ReplicaMember[]): void {
  const { leadership } = core;
  if (leadership === undefined || leadership.epoch !== epoch) return;
  const fresh = setLearners(core, leadership, learners);
  if (leadership.selfAdopted) for (const peer of fresh) probePeer(core, leadership, peer);
}

/** One frame made by the host: to the own journal and to every live peer at once. */
export function onAppendByHost(core: ReplicaCore, leadership: Leadership, frame: Frame): void {
  const { header } = frame;
  assert(header.epoch === leadership.epoch && header.baseOffset === core.logEnd, "a frame is made from nextAppend()");
  assert(header.prevEpoch === core.lastFrameEpoch && header.recordCount > 0, "a frame names the epoch before it");
  assert(header.arrivalMs >= core.lastArrivalMs, "arrival times never go back");
  const frames = [frame];
  core.writeFrames(frames);
  const message: PeerMessage = { kind: "append", epoch: leadership.epoch, commitOffset: core.commitOffset, frames };
  const end = frameEndOffset(header);
  for (const peer of leadership.peers) {
    if (peer.mode === "live") sendLive(core, peer, message, end, header.lengthBytes);
  }
}

/** Time: repeats what was not answered, tells idle peers the commit offset, resigns without a quorum. */
export function onLeaderTick(core: ReplicaCore, leadership: Leadership): void {
  if (resignsWithoutQuorum(core, leadership)) return core.stepDown("no quorum answered while appends waited");
  if (!leadership.selfAdopted) return;
  for (const peer of leadership.peers) {
    resendIfQuiet(core, leadership, peer);
    if (peer.mode === "live" && peer.window.empty && peer.sentCommit < core.commitOffset) tellCommit(core, leadership);
  }
  const waits = leadership.adoptedReportedMs >= 0 && !leadership.open;
  if (waits && core.nowMs - leadership.adoptedReportedMs >= REPORT_AGAIN_MS) reportAdopted(core, leadership);
}

/**
 * The own log has a frame that cannot be read. The leader makes way, to be copied anew, once every other member has adopted
 * the epoch: a sound one then leads. Before, its other frames may be the only copies anybody can read, and it stays.
 */
export function onFrameDamaged(core: ReplicaCore, leadership: Leadership): void {
  const { open: isOpen } = leadership;
  const peers = leadership.peers.filter((peer) => !peer.learner);
  const sound = peers.length > 0 && peers.every((peer) => peer.adopted && peer.mode !== "probing");
  if (isOpen && sound && peers.some((peer) => peer.ackedEnd >= core.commitOffset)) core.distrust();
}

function open(core: ReplicaCore, leadership: Leadership): void {
  assert(core.state.promisedEpoch === leadership.epoch, "a leader opens only the epoch it has promised");
  leadership.open = true;
  core.outputs.push({ type: "opened", epoch: leadership.epoch, logEnd: core.logEnd });
  core.commitUpTo(leadership.startOffset);
}

function reportAdopted(core: ReplicaCore, leadership: Leadership): void {
  leadership.adoptedReportedMs = core.nowMs;
  core.outputs.push({ type: "adopted", epoch: leadership.epoch, setChanges: leadership.setChanges });
}

function tellCommit(core: ReplicaCore, leadership: Leadership): void {
  const message = { kind: "append", epoch: leadership.epoch, commitOffset: core.commitOffset, frames: [] } as const;
  for (const peer of leadership.peers) {
    if (peer.mode !== "live" || !peer.window.empty || peer.sentCommit >= core.commitOffset) continue;
    peer.sentCommit = core.commitOffset;
    core.send(peer, "live", message);
  }
}

function resignsWithoutQuorum(core: ReplicaCore, leadership: Leadership): boolean {
  const waits = leadership.open && core.commitOffset < core.logEnd;
  if (!waits || leadership.stalledSinceMs < 0 || leadership.stalledCommit !== core.commitOffset) {
    leadership.stalledSinceMs = waits ? core.nowMs : -1;
    leadership.stalledCommit = core.commitOffset;
    return false;
  }
  return core.nowMs - leadership.stalledSinceMs >= QUORUM_TIMEOUT_MS;
}
