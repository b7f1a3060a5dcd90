/**
 * The replica machine: takes one input, decides which part answers it, and leaves nothing half done. See
 * `replica-contract.ts` for the duties of its host.
 */
import { assert, unreachable } from "@millrace/base";
import { acknowledge, acknowledgeProgress, onAppend, onCatchUp, onProbe, reject } from "./follower.ts";
import { advance, onAppendByHost, onFrameDamaged, onLeaderTick, onLearners, onOpenConfirmed } from "./leader.ts";
import type { Leadership, PeerProgress } from "./leadership.ts";
import { onAck, onLogRead, onProbeReply, onReject, reconnectPeer } from "./peer-feeding.ts";
import type { PeerMessage } from "./peer-message.ts";
import type {
  NextAppend,
  PeerState,
  ReplicaContract,
  ReplicaInput,
  ReplicaOutput,
  ReplicaStart,
} from "./replica-contract.ts";
import { ReplicaCore, type ReplicaAddress } from "./replica-core.ts";
import type { ReplicaState } from "./replica-state.ts";
import { onRecover, onResume, onSeal } from "./seal-and-recover.ts";

/** Makes a replica, always a follower: at creation, or from what the journal held after a restart. */
export function createReplica(start: ReplicaStart): ReplicaContract {
  return new Replica(start);
}

class Replica implements ReplicaContract {
  readonly #core: ReplicaCore;

  constructor(start: ReplicaStart) {
    this.#core = new ReplicaCore(start);
  }

  get shardUid(): number {
    return this.#core.state.shardUid;
  }

  get replicaUuid(): string {
    return this.#core.state.replicaUuid;
  }

  get role(): "follower" | "recovering" | "leading" | "halted" {
    if (this.#core.halted) return "halted";
    if (this.#core.leadership === undefined) return "follower";
    return this.#core.leadership.open ? "leading" : "recovering";
  }

  get promisedEpoch(): number {
    return this.#core.state.promisedEpoch;
  }

  get logEpoch(): number {
    return this.#core.state.logEpoch;
  }

  get logStart(): number {
    return this.#core.state.logStart;
  }

  get logEnd(): number {
    return this.#core.logEnd;
  }

  get durableEnd(): number {
    return this.#core.order.durableEnd;
  }

  get commitOffset(): number {
    return this.#core.commitOffset;
  }

  get suspect(): boolean {
    return this.#core.state.suspect;
  }

  get state(): ReplicaState {
    return this.#core.state;
  }

  get closed(): boolean {
    return this.#core.closing && this.#core.commitOffset >= this.#core.logEnd;
  }

  peerLag(): ReadonlyMap<string, number> {
    const { leadership, logEnd } = this.#core;
    const lag = new Map<string, number>();
    if (!leadership?.open) return lag;
    for (const peer of leadership.peers) if (!peer.learner) lag.set(peer.nodeId, logEnd - peer.ackedEnd);
    return lag;
  }

  peerStates(): readonly PeerState[] {
    const { leadership, logEnd } = this.#core;
    if (!leadership?.open) return [];
    return leadership.peers.map(({ nodeId, replicaUuid, learner, adopted, ackedEnd, heardEnd }) => {
      const end = Math.min(logEnd, adopted ? ackedEnd : heardEnd);
      return { nodeId, replicaUuid, learner, adopted, recordsBehind: logEnd - end };
    });
  }

  canAppend(): boolean {
    return this.#core.leadership?.open === true && !this.#core.closing;
  }

  nextAppend(): NextAppend {
    const { state, logEnd, lastFrameEpoch, lastArrivalMs } = this.#core;
    return { epoch: state.logEpoch, baseOffset: logEnd, prevEpoch: lastFrameEpoch, arrivalFloorMs: lastArrivalMs };
  }

  step(input: ReplicaInput, outputs: ReplicaOutput[]): void {
    const core = this.#core;
    core.outputs = outputs;
    this.#take(input);
    if (core.promiseUnsaved) core.writeState({});
    acknowledge(core);
  }

  #take(input: ReplicaInput): void {
    const core = this.#core;
    switch (input.type) {
      case "append":
        assert(this.canAppend(), "only an open leader of an unclosed shard appends");
        if (core.leadership !== undefined) onAppendByHost(core, core.leadership, input.frame);
        return;
      case "message":
        return this.#receive({ nodeId: input.from, replicaUuid: input.fromReplicaUuid }, input.message);
      case "durable":
        return this.#durable(input.writeNumber);
      case "seal":
        return onSeal(core, input);
      case "recover":
        return onRecover(core, input);
      case "openConfirmed":
        return onOpenConfirmed(core, input.epoch);
      case "learners":
        return onLearners(core, input.epoch, input.learners);
      case "peerConnected":
        return this.#withPeer(input.nodeId, (leadership, peer) => {
          if (leadership.selfAdopted) reconnectPeer(core, leadership, peer);
        });
      case "logRead":
        return this.#withPeer(input.peer, (leadership, peer) => onLogRead(core, leadership, peer, input));
      case "damaged":
        return core.distrust();
      case "frameDamaged":
        if (core.leadership !== undefined) onFrameDamaged(core, core.leadership);
        return;
      case "resign":
        return core.stepDown("resigned");
      case "resume":
        return onResume(core, input);
      case "tick":
        core.nowMs = input.monotonicMs;
        if (core.leadership !== undefined) onLeaderTick(core, core.leadership);
        return;
      default:
        return unreachable(input);
    }
  }

  #durable(writeNumber: number): void {
    const core = this.#core;
    if (!core.order.advance(writeNumber) || core.halted) return;
    if (core.leadership === undefined) acknowledgeProgress(core);
    else advance(core, core.leadership);
  }

  /** A higher epoch raises the promise whatever the message is; a lower one is refused whatever it asks. */
  #receive(from: ReplicaAddress, message: PeerMessage): void {
    const core = this.#core;
    if (core.halted) return;
    if (message.epoch > core.state.promisedEpoch) core.raisePromise(message.epoch);
    const asks = message.kind === "probe" || message.kind === "append" || message.kind === "catchUp";
    if (message.epoch < core.state.promisedEpoch) return asks ? reject(core, from, "promised") : undefined;
    // The leader of an epoch obeys no other leader of it; should there be one, it is not acknowledged.
    if (asks && core.leadership !== undefined) return;
    switch (message.kind) {
      case "probe":
        return onProbe(core, from, message);
      case "append":
        return onAppend(core, from, message);
      case "catchUp":
        return onCatchUp(core, from, message);
      case "probeReply":
      case "ack":
      case "reject":
        return this.#withPeer(from.nodeId, (leadership, peer) => {
          if (from.replicaUuid === peer.replicaUuid) this.#answered(leadership, peer, message);
        });
      default:
        return unreachable(message);
    }
  }

  #answered(
    leadership: Leadership,
    peer: PeerProgress,
    message: Extract<PeerMessage, { kind: "probeReply" | "ack" | "reject" }>,
  ): void {
    const core = this.#core;
    if (message.kind === "ack") onAck(core, leadership, peer, message);
    else if (message.kind === "probeReply") onProbeReply(core, leadership, peer, message);
    else onReject(core, leadership, peer, message);
    if (core.leadership === leadership) advance(core, leadership);
  }

  #withPeer(nodeId: string, act: (leadership: Leadership, peer: PeerProgress) => void): void {
    const { leadership } = this.#core;
    if (leadership === undefined || this.#core.halted) return;
    for (const peer of leadership.peers) if (peer.nodeId === nodeId) act(leadership, peer);
  }
}
