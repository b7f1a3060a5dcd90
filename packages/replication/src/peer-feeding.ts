/**
 * How a leader brings one other member to its log and keeps it there: probe, find the highest common point, copy in
 * chunks from the log, then send live. A lost, late or doubled answer costs a repetition, never a wrong count; a slow
 * peer costs a bounded window here and is fed from the log afterwards, so it never holds up the other.
 */
import { frameEndOffset, type Frame } from "@millrace/model";
import { epochAt, highestCommonPoint, lastEntry } from "./epoch-history.ts";
import type { Leadership, PeerProgress } from "./leadership.ts";
import type { AckMessage, PeerMessage, ProbeReplyMessage, RejectMessage } from "./peer-message.ts";
import type { ReplicaCore } from "./replica-core.ts";

/**
 * Frames of one catch-up message: large enough that what each costs beside its bytes does not count, small enough that live
 * traffic of other shards, which has a connection of its own, does not wait long for the thread.
 */
const CHUNK_BYTES_MAX = 512 * 1024;
/** Chunks on their way to one peer: enough that a round trip costs no throughput. */
const CHUNKS_IN_FLIGHT_MAX = 4;
/** A peer that owes an answer this long is asked again. */
const RESEND_MS = 1000;

/** Asks a peer for its log. */
export function probePeer(core: ReplicaCore, leadership: Leadership, peer: PeerProgress): void {
  peer.mode = "probing";
  peer.chunkEnds = [];
  peer.window.clear();
  peer.quietSinceMs = core.nowMs;
  sendProbe(core, leadership, peer);
}

function sendProbe(core: ReplicaCore, { epoch, set }: Leadership, peer: PeerProgress): void {
  core.send(peer, "control", { kind: "probe", epoch, set, ackedEnd: peer.ackedEnd });
}

/** The peer's durable log: from here on it is known where to continue. */
export function onProbeReply(
  core: ReplicaCore,
  leadership: Leadership,
  peer: PeerProgress,
  reply: ProbeReplyMessage,
): void {
  if (peer.mode !== "probing" || reply.replicaUuid !== peer.replicaUuid) return;
  const { state } = core;
  peer.mode = "catchingUp";
  peer.quietSinceMs = core.nowMs;
  peer.resetTo = -1;
  if (reply.history.length > 0 && lastEntry(reply.history).epoch === leadership.epoch) {
    acknowledged(core, peer, reply.logEnd);
    peer.nextOffset = Math.max(peer.ackedEnd, reply.logEnd);
  } else {
    const common = highestCommonPoint(reply, { history: state.history, logEnd: core.logEnd });
    const inside = common !== undefined && common >= state.logStart && common >= reply.logStart;
    peer.nextOffset = inside ? common : state.logStart;
    if (!inside) peer.resetTo = state.logStart;
  }
  if (!core.halted) feed(core, leadership, peer);
}

/** A peer's log is durable up to `durableEnd`, in this epoch if it has adopted it. */
export function onAck(core: ReplicaCore, leadership: Leadership, peer: PeerProgress, ack: AckMessage): void {
  if (ack.replicaUuid !== peer.replicaUuid) return;
  peer.heardEnd = ack.durableEnd;
  if (ack.adopted) acknowledged(core, peer, ack.durableEnd);
  if (core.halted) return;
  while (peer.chunkEnds[0] !== undefined && ack.durableEnd >= peer.chunkEnds[0]) {
    peer.chunkEnds.shift();
    peer.quietSinceMs = core.nowMs;
  }
  if (peer.mode === "probing" && peer.adopted) rewind(peer);
  feed(core, leadership, peer);
}

/** A refusal by a peer of the same epoch. */
export function onReject(
  core: ReplicaCore,
  leadership: Leadership,
  peer: PeerProgress,
  { reason, expectedOffset }: RejectMessage,
): void {
  if (reason === "notAdopted") {
    // Repaired only in a later epoch if it has become suspect, so it is asked again on a tick, not at once.
    peer.adopted = false;
    peer.mode = "probing";
    peer.chunkEnds = [];
    peer.window.clear();
    peer.quietSinceMs = core.nowMs;
  } else if (reason === "gap" && !peer.adopted && peer.mode === "catchingUp") {
    probePeer(core, leadership, peer);
  } else if (reason === "gap" && peer.mode === "live" && expectedOffset >= peer.ackedEnd) {
    rewind(peer);
    peer.nextOffset = expectedOffset;
    feed(core, leadership, peer);
  }
}

/** Frames read from the own log for a peer; undefined when they could not be read: a tick asks again. */
export function onLogRead(
  core: ReplicaCore,
  leadership: Leadership,
  peer: PeerProgress,
  read: { readonly fromOffset: number; readonly frames: readonly Frame[] | undefined },
): void {
  peer.reading = false;
  if (peer.mode !== "catchingUp" || !hasRoom(peer)) return;
  if (read.fromOffset !== peer.nextOffset) return feed(core, leadership, peer);
  const frames = read.frames?.filter(({ header }) => frameEndOffset(header) > peer.nextOffset) ?? [];
  const first = frames[0];
  const last = frames[frames.length - 1];
  if (first === undefined || last === undefined) return;
  if (frames.some(({ header }) => header.epoch !== epochAt(core.state.history, header.baseOffset))) {
    // Read before the log was cut: not what this epoch holds there.
    return;
  }
  if (first.header.baseOffset < peer.nextOffset) {
    if (peer.resetTo < 0) return core.halt("a peer's log ends inside a frame of the leader's");
    // The log start lies inside a frame: the copy begins with the whole frame.
    peer.resetTo = first.header.baseOffset;
    peer.nextOffset = first.header.baseOffset;
  }
  if (first.header.baseOffset > peer.nextOffset) {
    // The log was trimmed meanwhile, or has lost what it should hold.
    return peer.nextOffset < core.state.logStart ? feed(core, leadership, peer) : core.distrust();
  }
  sendChunk(core, leadership, peer, frames, frameEndOffset(last.header));
  feed(core, leadership, peer);
}

/** Sends one frame to a live peer, or leaves it to be fed from the log when its window is full. */
export function sendLive(
  core: ReplicaCore,
  peer: PeerProgress,
  message: PeerMessage,
  endOffset: number,
  sizeBytes: number,
): void {
  if (!peer.window.fits(sizeBytes)) {
    peer.mode = "catchingUp";
    peer.chunkEnds = [peer.nextOffset];
    peer.moreBehind = false;
    return;
  }
  if (peer.window.empty) peer.quietSinceMs = core.nowMs;
  peer.window.push(endOffset, sizeBytes);
  peer.nextOffset = endOffset;
  peer.sentCommit = core.commitOffset;
  core.send(peer, "live", message);
}

/** A connection to the peer is new: what was sent before may be lost. */
export function reconnectPeer(core: ReplicaCore, leadership: Leadership, peer: PeerProgress): void {
  peer.quietSinceMs = core.nowMs;
  peer.sentCommit = -1;
  if (!peer.adopted) return probePeer(core, leadership, peer);
  // A file of the peer may have been cut short while it was away; nobody else can tell it so.
  sendProbe(core, leadership, peer);
  rewind(peer);
  feed(core, leadership, peer);
}

/** Repeats, if the peer has owed an answer for long, from where it last answered. */
export function resendIfQuiet(core: ReplicaCore, leadership: Leadership, peer: PeerProgress): void {
  if (peer.mode === "live" && peer.window.empty) {
    peer.quietSinceMs = core.nowMs;
  } else if (core.nowMs - peer.quietSinceMs >= RESEND_MS) {
    peer.reading = false;
    reconnectPeer(core, leadership, peer);
  }
}

function acknowledged(core: ReplicaCore, peer: PeerProgress, durableEnd: number): void {
  if (durableEnd > core.logEnd) {
    return core.halt(`${peer.nodeId} acknowledged ${durableEnd}, beyond this epoch's log end ${core.logEnd}`);
  }
  peer.adopted = true;
  if (durableEnd <= peer.ackedEnd) return;
  peer.ackedEnd = durableEnd;
  peer.quietSinceMs = core.nowMs;
  peer.window.acknowledge(durableEnd);
}

function rewind(peer: PeerProgress): void {
  peer.mode = "catchingUp";
  peer.window.clear();
  peer.chunkEnds = [];
  peer.resetTo = -1;
  peer.nextOffset = peer.ackedEnd;
}

/**
 * Whether another chunk may be sent. Near the tip of the log what flies is awaited: only a member to whom nothing is on
 * its way can go live.
 */
function hasRoom(peer: PeerProgress): boolean {
  return peer.chunkEnds.length < (peer.moreBehind ? CHUNKS_IN_FLIGHT_MAX : 1);
}

/** Takes the next step of a catch-up, if there is room for one. */
function feed(core: ReplicaCore, leadership: Leadership, peer: PeerProgress): void {
  if (peer.mode !== "catchingUp" || peer.reading || !hasRoom(peer)) return;
  if (peer.adopted) peer.nextOffset = Math.max(peer.nextOffset, peer.ackedEnd);
  if (peer.nextOffset < core.state.logStart) {
    if (!peer.adopted) return probePeer(core, leadership, peer);
    peer.resetTo = core.state.logStart;
    peer.nextOffset = core.state.logStart;
  }
  if (peer.nextOffset < core.logEnd) {
    peer.reading = true;
    const { nodeId, nextOffset: fromOffset } = peer;
    core.outputs.push({ type: "readLog", peer: nodeId, fromOffset, limitBytes: CHUNK_BYTES_MAX });
  } else if (peer.chunkEnds.length > 0) {
    return;
  } else if (peer.adopted && peer.resetTo < 0) {
    peer.mode = "live";
    peer.window.clear();
  } else {
    sendChunk(core, leadership, peer, [], peer.nextOffset);
  }
}

function sendChunk(
  core: ReplicaCore,
  leadership: Leadership,
  peer: PeerProgress,
  frames: readonly Frame[],
  endOffset: number,
): void {
  const { epoch, startOffset, set } = leadership;
  const { nextOffset: truncateTo, resetTo } = peer;
  peer.resetTo = -1;
  peer.nextOffset = endOffset;
  peer.sentCommit = core.commitOffset;
  peer.moreBehind = frames.reduce((sum, { header }) => sum + header.lengthBytes, 0) >= CHUNK_BYTES_MAX / 2;
  if (!peer.adopted || resetTo >= 0) {
    const { history } = core.state;
    peer.chunkEnds.push(endOffset);
    core.send(peer, "catchUp", { kind: "catchUp", epoch, truncateTo, resetTo, history, startOffset, set, frames });
    return;
  }
  const message = { kind: "append", epoch, commitOffset: core.commitOffset, frames } as const;
  if (endOffset < core.logEnd || peer.chunkEnds.length > 0) {
    peer.chunkEnds.push(endOffset);
    core.send(peer, "catchUp", message);
    return;
  }
  // Nothing else is on its way, so the last chunk may go before the live frames that follow it, on their lane.
  peer.mode = "live";
  peer.window.clear();
  for (const { header } of frames) peer.window.push(frameEndOffset(header), header.lengthBytes);
  core.send(peer, "live", message);
}
