/** A lab of real replicas whose host can be made to break one rule of the protocol. */
import type { Frame } from "@millrace/model";
import { frameEndOffset } from "@millrace/model";
import type { PeerMessage, ReplicaInput, ReplicaState } from "@millrace/replication";

import { logEndOf, type LabDisk } from "../../../packages/replication/src/testing/lab-disk.ts";
import {
  member,
  ReplicaLab,
  type LabMessage,
  type LabNode,
} from "../../../packages/replication/src/testing/replica-lab.ts";
import type { CoreMutant } from "./core-mutant.ts";

type AckMessage = Extract<PeerMessage, { kind: "ack" }>;
type CatchUpMessage = Extract<PeerMessage, { kind: "catchUp" }>;

/** See the file comment. Without a mutant it is the ordinary lab. */
export class MutantLab extends ReplicaLab {
  readonly #mutant: CoreMutant | undefined;
  readonly #committedAt = new Map<string, number>();

  constructor(names: readonly string[], mutant: CoreMutant | undefined) {
    super([], {
      acknowledgesBeforeDurable: mutant === "acknowledge before sync",
      restoresLeadership: mutant === "restore leadership on restart",
      keepsUuidAfterWipe: mutant === "keep the identity of a lost disk",
    });
    this.#mutant = mutant;
    const set = names.map((name) => member(name, 1));
    for (const name of names) this.addNode(name, set);
  }

  override step(name: string, input: ReplicaInput): void {
    const sentBefore = this.messages.length;
    super.step(name, input);
    const { replica } = this.node(name);
    if (replica !== undefined) this.#committedAt.set(name, replica.commitOffset);
    if (this.#mutant === "acknowledge at one copy") this.#acknowledgeForPeers(this.messages.slice(sentBefore));
  }

  override deliver(sent: LabMessage, keep = false): void {
    super.deliver(sent, keep);
    const { replica } = this.node(sent.to);
    if (replica === undefined) return;
    if (this.#mutant === "accept a lower epoch" && sent.message.epoch < replica.promisedEpoch) {
      const message = { ...sent.message, epoch: replica.promisedEpoch } as PeerMessage;
      super.deliver({ ...sent, message }, true);
    }
  }

  /** A message as the broken rule makes it arrive. */
  deliverBroken(sent: LabMessage, keep: boolean): void {
    const { message } = sent;
    if (!keep) this.messages = this.messages.filter((each) => each !== sent);
    if (message.kind === "ack" && this.#mutant === "count before adoption") {
      return this.deliver({ ...sent, message: { ...message, adopted: true } }, true);
    }
    if (message.kind === "ack" && this.#mutant === "count learners") return this.#acknowledgeForAMember(sent, message);
    if (message.kind === "catchUp" && this.#mutant === "cut within an epoch") this.#cutWithinEpoch(sent.to, message);
    if (message.kind === "catchUp" && this.#mutant === "skip truncation") {
      const { replica, disk } = this.node(sent.to);
      const kept = Math.max(message.truncateTo, replica?.logEnd ?? 0);
      const startOffset = Math.max(message.startOffset, kept);
      const own = disk.written.state.history.filter(({ epoch }) => epoch < message.epoch);
      const history = [...own, { epoch: message.epoch, startOffset }];
      const changed = { ...message, truncateTo: kept, startOffset, history, frames: framesFrom(message.frames, kept) };
      return this.deliver({ ...sent, message: changed }, true);
    }
    if (message.kind === "catchUp" && this.#mutant === "adopt before complete" && message.frames.length > 1) {
      const frames = message.frames.slice(0, 1);
      const [first] = frames;
      const startOffset = Math.min(message.startOffset, first === undefined ? 0 : frameEndOffset(first.header));
      return this.deliver({ ...sent, message: { ...message, frames, startOffset } }, true);
    }
    this.deliver(sent, true);
  }

  override crash(name: string): void {
    super.crash(name);
    const { disk } = this.node(name);
    const { durable } = disk;
    if (this.#mutant === "forget the promise on restart") {
      setState(disk, { ...durable.state, promisedEpoch: durable.state.logEpoch });
    }
    if (this.#mutant === "truncate to the commit offset") {
      const committed = this.#committedAt.get(name) ?? 0;
      const frames = durable.frames.filter(({ header }) => frameEndOffset(header) <= committed);
      disk.durable = { ...durable, frames };
      disk.crash();
    }
    if (this.#mutant === "leader does not store its epoch") forgetLeading(this.node(name));
  }

  /** The leader takes it for the acknowledgement of a member that has not given one. */
  #acknowledgeForAMember(sent: LabMessage, message: AckMessage): void {
    const { set } = this.node(sent.to).disk.written.state;
    const isMember = set.some(({ replicaUuid }) => replicaUuid === sent.fromReplicaUuid);
    const other = set.find(({ nodeId }) => nodeId !== sent.to);
    if (isMember || other === undefined) return this.deliver(sent, true);
    const { nodeId: from, replicaUuid } = other;
    this.deliver({ ...sent, from, fromReplicaUuid: replicaUuid, message: { ...message, replicaUuid } }, true);
  }

  /** What is being written is acknowledged although a later epoch was promised meanwhile. */
  acknowledgeQueued(name: string): void {
    const { replica, disk } = this.node(name);
    const { logEpoch: epoch } = disk.written.state;
    const leader = [...this.nodes.values()].find((node) => {
      return node.replica?.role === "leading" && node.replica.logEpoch === epoch && node.nodeId !== name;
    });
    if (replica === undefined || leader?.replica === undefined || disk.queue.length === 0) return;
    const { replicaUuid } = replica;
    const message: PeerMessage = { kind: "ack", epoch, replicaUuid, adopted: true, durableEnd: logEndOf(disk.written) };
    const to = { to: leader.nodeId, toReplicaUuid: leader.replica.replicaUuid };
    this.messages.push({ from: name, fromReplicaUuid: replicaUuid, ...to, lane: "live", message });
  }

  #cutWithinEpoch(name: string, { epoch, truncateTo }: CatchUpMessage): void {
    const { replica, disk } = this.node(name);
    if (replica === undefined || replica.logEpoch !== epoch || truncateTo >= replica.logEnd) return;
    const { durable } = disk;
    this.crash(name);
    const frames = durable.frames.filter(({ header }) => frameEndOffset(header) <= truncateTo);
    disk.durable = { ...durable, frames };
    disk.crash();
    this.start(name);
  }

  #acknowledgeForPeers(sent: readonly LabMessage[]): void {
    for (const { from, to, toReplicaUuid, fromReplicaUuid, message } of sent) {
      const last = message.kind === "append" ? message.frames.at(-1) : undefined;
      if (last === undefined) continue;
      const durableEnd = frameEndOffset(last.header);
      const ack: PeerMessage = {
        kind: "ack",
        epoch: message.epoch,
        replicaUuid: toReplicaUuid,
        adopted: true,
        durableEnd,
      };
      const back = { from: to, fromReplicaUuid: toReplicaUuid, to: from, toReplicaUuid: fromReplicaUuid };
      this.messages.push({ ...back, lane: "live", message: ack });
    }
  }
}

function framesFrom(frames: readonly Frame[], offset: number): readonly Frame[] {
  return frames.filter(({ header }) => header.baseOffset >= offset);
}

function setState(disk: LabDisk, state: ReplicaState): void {
  disk.durable = { ...disk.durable, state };
  disk.crash();
}

/** Takes the last epoch off a replica that led it, as if only peers had stored it. */
function forgetLeading({ disk, ledEpoch }: LabNode): void {
  const { state } = disk.durable;
  if (ledEpoch === 0 || state.logEpoch !== ledEpoch) return;
  const history = state.history.slice(0, -1);
  const logEpoch = history.at(-1)?.epoch ?? 0;
  if (history.length > 0) setState(disk, { ...state, history, logEpoch });
}
