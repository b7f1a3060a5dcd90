/**
 * A few real replicas with a message queue and disks in the test's hands. Nothing happens by itself: messages lie in
 * `messages` until delivered, writes lie in the disk queue until synced. Scripts and random schedules both use it.
 */
import { assert } from "@millrace/base";
import { encodeFrame, frameKind, type Frame, type FrameKind } from "@millrace/model";
import { initialReplicaState } from "../initial-replica-state.ts";
import type { PeerMessage } from "../peer-message.ts";
import { createReplica } from "../replica.ts";
import type { ReplicaContract, ReplicaInput, ReplicaOutput, ReportedLog, SealReply } from "../replica-contract.ts";
import type { ReplicaMember } from "../replica-state.ts";
import { CommittedHistory } from "./committed-history.ts";
import { LabDisk } from "./lab-disk.ts";

/** A message under way. */
export interface LabMessage {
  readonly from: string;
  readonly fromReplicaUuid: string;
  readonly to: string;
  readonly toReplicaUuid: string;
  readonly lane: "control" | "live" | "catchUp";
  readonly message: PeerMessage;
}

/** An answer to a Seal, with the boot of the node that gave it. */
export type LabReport = SealReply & { readonly boot: number };

/** A node with one replica on one disk. `replica` is undefined while the process is down. */
export interface LabNode {
  readonly nodeId: string;
  boot: number;
  /** The epoch it led when it crashed, 0 for none. */
  ledEpoch: number;
  disk: LabDisk;
  replica: ReplicaContract | undefined;
  /** The last answer to a Seal, with the boot that gave it. */
  report: LabReport | undefined;
  /** The answers by epoch, as a slow coordinator may still hold them. */
  readonly reports: Map<number, LabReport>;
  recoverAnswer: { readonly ok: boolean; readonly why: string } | undefined;
  /** Answers to an operator who let the replica go on. */
  resumed: number;
  /** Epochs of which the leader on this node has reported that enough have adopted. */
  readonly adoptedEpochs: Set<number>;
  /** Everything the host was told, as `type` words, for scripts to assert on. */
  readonly events: string[];
}

/** Ways to be a bad host, to prove that the checks see it. */
export interface LabSins {
  /** Tells the replica that writes are durable when they are only queued. */
  readonly acknowledgesBeforeDurable?: boolean;
  /** After a restart carries on with the replica that led, as if leadership had been stored. */
  readonly restoresLeadership?: boolean;
  /** A wiped disk answers under its old identity. */
  readonly keepsUuidAfterWipe?: boolean;
}

const SHARD_UID = 7;

/** See the file comment. */
export class ReplicaLab {
  readonly nodes: Map<string, LabNode> = new Map();
  readonly committed: CommittedHistory = new CommittedHistory();
  messages: LabMessage[] = [];
  readonly #sins: LabSins;
  /** What the host of the replica at work has to tell it once its outputs are carried out. */
  readonly #answers: ReplicaInput[] = [];
  #requests = 0;
  #made = 0;

  constructor(names: readonly string[], sins: LabSins = {}) {
    this.#sins = sins;
    const set = names.map((name) => member(name, 1));
    for (const name of names) this.addNode(name, set);
  }

  /** A node with an empty replica that has adopted nothing. */
  addNode(name: string, set: readonly ReplicaMember[], generation = 1): LabNode {
    const disk = new LabDisk(initialReplicaState(SHARD_UID, member(name, generation).replicaUuid, 0, set));
    const node: LabNode = {
      nodeId: name,
      boot: 0,
      ledEpoch: 0,
      disk,
      replica: undefined,
      report: undefined,
      reports: new Map(),
      adoptedEpochs: new Set(),
      recoverAnswer: undefined,
      resumed: 0,
      events: [],
    };
    this.nodes.set(name, node);
    this.start(name);
    return node;
  }

  node(name: string): LabNode {
    const node = this.nodes.get(name);
    assert(node !== undefined, `the lab has a node ${name}`);
    return node;
  }

  replica(name: string): ReplicaContract {
    const { replica } = this.node(name);
    assert(replica !== undefined, `${name} is up`);
    return replica;
  }

  memberOf(name: string): ReplicaMember {
    const { replicaUuid } = this.node(name).disk.durable.state;
    return { nodeId: name, replicaUuid, zone: name };
  }

  /** The process ends; what was not durable is gone. */
  crash(name: string): void {
    const node = this.node(name);
    node.ledEpoch = node.replica?.role === "leading" ? node.replica.logEpoch : 0;
    node.replica = undefined;
    node.disk.crash();
  }

  start(name: string): void {
    const node = this.node(name);
    node.boot += 1;
    const found = node.disk.recovered();
    const led = this.#sins.restoresLeadership === true ? node.ledEpoch : 0;
    if (led > 0 && led === found.state.promisedEpoch) this.#leadAgain(node, led);
    else node.replica = createReplica({ nodeId: name, boot: node.boot, ...found });
    for (const other of this.nodes.values()) this.step(other.nodeId, { type: "peerConnected", nodeId: name });
  }

  /** An operator lets the replica go on. */
  resume(name: string, keepLog: boolean): void {
    this.step(name, { type: "resume", requestId: (this.#requests += 1), keepLog });
  }

  /** The disk is lost; what comes back is another replica, unless the host sins. */
  wipe(name: string, generation: number): void {
    const node = this.node(name);
    const { state } = node.disk.durable;
    const uuid = this.#sins.keepsUuidAfterWipe === true ? state.replicaUuid : member(name, generation).replicaUuid;
    node.disk = new LabDisk(initialReplicaState(SHARD_UID, uuid, 0, state.set));
    node.replica = undefined;
    node.report = undefined;
  }

  step(name: string, input: ReplicaInput): void {
    const node = this.node(name);
    if (node.replica === undefined) return;
    const before = node.replica;
    const { promisedEpoch, logEpoch, commitOffset } = before;
    const outputs: ReplicaOutput[] = [];
    before.step(input, outputs);
    assert(before.promisedEpoch >= promisedEpoch, "a promise never falls");
    assert(before.logEpoch >= logEpoch, "a log epoch never falls");
    const reset = outputs.some((output) => output.type === "write" && output.write.kind === "truncate");
    assert(before.commitOffset >= commitOffset || reset, "the commit offset never falls");
    for (const output of outputs) this.#carryOut(node, output);
    for (const next of this.#answers.splice(0)) this.step(name, next);
  }

  /** Makes the first `count` waiting writes of a node durable and tells it. */
  sync(name: string, count: number = Number.MAX_SAFE_INTEGER): void {
    const { disk } = this.node(name);
    const writeNumber = disk.flush(count);
    if (writeNumber !== undefined) this.step(name, { type: "durable", writeNumber });
  }

  seal(name: string, epoch: number, replicaUuid: string = this.memberOf(name).replicaUuid): void {
    this.#requests += 1;
    this.step(name, { type: "seal", requestId: this.#requests, epoch, replicaUuid });
  }

  /** Tells a node to lead, with its own last report unless another is given. */
  recover(name: string, epoch: number, set: readonly string[], setChanges = false): void {
    const { report } = this.node(name);
    assert(report !== undefined, `${name} has reported its log`);
    this.recoverFrom(name, epoch, { reported: report, set: set.map((each) => this.memberOf(each)), setChanges });
  }

  /** As {@link recover}, with whatever a coordinator may believe. */
  recoverFrom(
    name: string,
    epoch: number,
    told: { readonly reported: ReportedLog; readonly set: readonly ReplicaMember[]; readonly setChanges: boolean },
  ): void {
    this.#requests += 1;
    this.step(name, { type: "recover", requestId: this.#requests, epoch, ...told });
  }

  /** Appends one frame at a leader; answers its base offset. */
  append(name: string, text: string, kind: FrameKind = frameKind.records, recordCount = 1): number {
    const replica = this.replica(name);
    const next = replica.nextAppend();
    const frame = labFrame({ ...next, kind, text: `${text}#${(this.#made += 1)}`, recordCount });
    this.step(name, { type: "append", frame });
    return next.baseOffset;
  }

  /** Appends a trim frame. */
  appendTrim(name: string, logStart: number): void {
    const body = Buffer.alloc(8);
    body.writeUInt32BE(logStart, 4);
    const next = this.replica(name).nextAppend();
    this.step(name, { type: "append", frame: labFrame({ ...next, kind: frameKind.trim, body, recordCount: 1 }) });
  }

  /** Delivers a message to whom it is addressed, if that replica still exists. It stays in `messages` if `keep`. */
  deliver(sent: LabMessage, keep = false): void {
    if (!keep) this.messages = this.messages.filter((message) => message !== sent);
    const target = this.node(sent.to);
    if (target.replica?.replicaUuid !== sent.toReplicaUuid) return;
    const { from, fromReplicaUuid, message } = sent;
    this.step(sent.to, { type: "message", from, fromReplicaUuid, message });
  }

  #carryOut(node: LabNode, output: ReplicaOutput): void {
    const { nodeId, disk } = node;
    node.events.push(output.type);
    switch (output.type) {
      case "write":
        disk.submit(output.writeNumber, output.write);
        if (this.#sins.acknowledgesBeforeDurable !== true) return;
        this.#answers.push({ type: "durable", writeNumber: output.writeNumber });
        return;
      case "send": {
        const { to, toReplicaUuid, lane, message } = output;
        const fromReplicaUuid = this.replica(nodeId).replicaUuid;
        this.messages.push({ from: nodeId, fromReplicaUuid, to, toReplicaUuid, lane, message });
        return;
      }
      case "readLog": {
        const { peer, fromOffset, limitBytes } = output;
        const frames = disk.read(fromOffset, limitBytes);
        this.#answers.push({ type: "logRead", peer, fromOffset, frames });
        return;
      }
      case "sealReply":
        if (!output.reply.ok) return;
        node.report = { ...output.reply, boot: node.boot };
        node.reports.set(output.reply.promisedEpoch, node.report);
        return;
      case "recoverReply":
        node.recoverAnswer = { ok: output.ok, why: output.why };
        return;
      case "resumeReply":
        node.resumed += 1;
        return;
      case "adopted":
        node.adoptedEpochs.add(output.epoch);
        return;
      case "opened":
        return this.committed.leaderOpens(nodeId, output.epoch, disk.written);
      case "committed":
        return this.#commit(nodeId, output.commitOffset);
      case "halted":
        throw new Error(`${nodeId} halted: ${output.why}`);
      default:
    }
  }

  #commit(name: string, commitOffset: number): void {
    const replica = this.replica(name);
    const { written } = this.node(name).disk;
    if (replica.role === "leading") this.committed.leaderCommits(name, replica.logEpoch, written, commitOffset);
    else this.committed.followerLearns(name, written, commitOffset);
  }

  /** What a stored leadership amounts to: a new process that leads the old epoch from whatever its log now holds. */
  #leadAgain(node: LabNode, epoch: number): void {
    const found = node.disk.recovered();
    const history = found.state.history.filter((entry) => entry.epoch < epoch);
    const logEpoch = epoch - 1;
    const state = { ...found.state, history: history.length > 0 ? history : [{ epoch: 0, startOffset: 0 }], logEpoch };
    node.replica = createReplica({ nodeId: node.nodeId, boot: node.boot, ...found, state });
    const reported = { replicaUuid: state.replicaUuid, boot: node.boot, logEpoch, logEnd: found.logEnd };
    this.step(node.nodeId, { type: "recover", requestId: 0, epoch, reported, set: state.set, setChanges: false });
  }
}

/** The member that lives on node `name`; every disk it ever had is another generation. */
export function member(name: string, generation: number): ReplicaMember {
  return { nodeId: name, replicaUuid: `${name}-${generation}`, zone: name };
}

interface LabFrameDraft {
  readonly epoch: number;
  readonly baseOffset: number;
  readonly prevEpoch: number;
  readonly arrivalFloorMs: number;
  readonly kind: FrameKind;
  readonly recordCount: number;
  readonly text?: string;
  readonly body?: Buffer;
}

/** A frame for tests; its body is only text. */
export function labFrame(draft: LabFrameDraft): Frame {
  const { kind, epoch, recordCount, baseOffset, prevEpoch } = draft;
  return encodeFrame({
    kind,
    shardUid: SHARD_UID,
    epoch,
    recordCount,
    baseOffset,
    prevEpoch,
    arrivalMs: draft.arrivalFloorMs,
    userBytes: 0,
    appendIds: [],
    bodies: [draft.body ?? Buffer.from(draft.text ?? "")],
  });
}
