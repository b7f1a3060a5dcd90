/**
 * What both roles of a replica share: the log bounds, the small state, the write queue, and the few ways in which they
 * may change. Every rule about what is persisted together is here; who may ask for it is decided in the role files.
 */
import { assert } from "@millrace/base";
import { frameEndOffset, frameKind, frameTrimOffset, type Frame } from "@millrace/model";
import { DurableOrder } from "./durable-order.ts";
import { epochAt, historyFrom } from "./epoch-history.ts";
import type { Leadership } from "./leadership.ts";
import type { PeerMessage } from "./peer-message.ts";
import { RecentFrames } from "./recent-frames.ts";
import type { ReplicaOutput, ReplicaStart, ReplicaWrite } from "./replica-contract.ts";
import type { PendingTrim, ReplicaState } from "./replica-state.ts";

/** A node and the replica that is meant on it. */
export interface ReplicaAddress {
  readonly nodeId: string;
  readonly replicaUuid: string;
}

/** A leader without a quorum ends within seconds and trims once a minute: of more, the older are committed with the newer. */
const TRIMS_MAX = 16;

/** See the file comment. */
export class ReplicaCore {
  readonly nodeId: string;
  readonly boot: number;
  state: ReplicaState;
  logEnd: number;
  /** 0: not known, the log holds no frame. */
  lastFrameEpoch: number;
  lastArrivalMs: number;
  /** The last frame is a close record, committed or not. */
  closing: boolean;
  commitOffset: number;
  /** The log epoch as far as it is durable: what an acknowledgement may claim. */
  durableLogEpoch: number;
  readonly order: DurableOrder;
  readonly recent: RecentFrames = new RecentFrames();
  /** Of this process only: leadership is never restored. */
  leadership: Leadership | undefined;
  /** Who leads the promised epoch, as far as a message of it has told. */
  following: ReplicaAddress | undefined;
  /** The promise was raised in memory by the input at hand and must be in a write before the step ends. */
  promiseUnsaved = false;
  /** An acknowledgement is owed as soon as all that is queued is durable. */
  ackOwed = false;
  nowMs = 0;
  outputs: ReplicaOutput[] = [];

  constructor(start: ReplicaStart) {
    this.nodeId = start.nodeId;
    this.boot = start.boot;
    // A log that ends below what was trimmed has lost committed records: it is not continued but copied anew.
    const short = start.logEnd < start.state.logStart;
    this.logEnd = Math.max(start.logEnd, start.state.logStart);
    const state = { ...start.state, trims: trimsUpTo(start.state, this.logEnd) };
    this.state = short ? { ...state, suspect: true, damaged: true } : state;
    this.lastFrameEpoch = start.lastFrameEpoch;
    this.lastArrivalMs = start.lastArrivalMs;
    this.closing = start.closed;
    this.commitOffset = start.state.logStart;
    this.durableLogEpoch = start.state.logEpoch;
    this.order = new DurableOrder(this.logEnd);
  }

  /** Stopped, by this process or one before it. */
  get halted(): boolean {
    return this.state.halted;
  }

  send(to: ReplicaAddress, lane: "control" | "live" | "catchUp", message: PeerMessage): void {
    this.outputs.push({ type: "send", to: to.nodeId, toReplicaUuid: to.replicaUuid, lane, message });
  }

  /** In memory at once; {@link promiseUnsaved} makes sure that it is in this step's write. */
  raisePromise(epoch: number): void {
    assert(epoch > this.state.promisedEpoch, "a promise only rises");
    this.state = { ...this.state, promisedEpoch: epoch };
    this.promiseUnsaved = true;
    this.following = undefined;
    this.ackOwed = false;
    this.stepDown(`epoch ${epoch} was seen`);
  }

  stepDown(why: string): void {
    if (this.leadership === undefined) return;
    const { epoch } = this.leadership;
    this.leadership = undefined;
    this.outputs.push({ type: "steppedDown", epoch, why });
  }

  /** For good: a new process would have forgotten what this one has seen, and count again. */
  halt(why: string): void {
    if (this.halted) return;
    this.stepDown(why);
    this.following = undefined;
    this.ackOwed = false;
    this.writeState({ halted: true });
    this.outputs.push({ type: "halted", why });
  }

  /** The tail or the body of the log cannot be trusted: persisted before anything else is answered. */
  distrust(): void {
    this.stepDown("the log is damaged");
    this.following = undefined;
    this.ackOwed = false;
    this.writeState({ suspect: true, damaged: true });
  }

  /** Records that were acknowledged are gone from the end of the log; what is left is sound. */
  distrustTail(): void {
    this.following = undefined;
    this.ackOwed = false;
    if (!this.state.suspect) this.writeState({ suspect: true });
  }

  writeState(change: Partial<ReplicaState>): void {
    this.#changeState(change);
    this.#write({ kind: "state", state: this.state });
  }

  /** Frames must continue the log; the caller has checked whose they are. */
  writeFrames(frames: readonly Frame[]): void {
    const trims = this.#extend(frames);
    if (trims === this.state.trims) return this.#write({ kind: "frames", frames });
    this.#changeState({ trims });
    this.#write({ kind: "framesAndState", frames, state: this.state });
  }

  /** Frames and what is true of the replica once they are in, in one atomic write. */
  writeFramesAndState(frames: readonly Frame[], change: Partial<ReplicaState>): void {
    const trims = this.#extend(frames);
    this.#changeState({ ...change, trims });
    this.#write({ kind: "framesAndState", frames, state: this.state });
  }

  /** Cuts the log to end at `logEnd`. The caller has checked that its epoch allows it. */
  writeCut(logEnd: number, change: Partial<ReplicaState>): void {
    assert(logEnd <= this.logEnd && logEnd >= this.commitOffset, "a cut never takes committed records");
    this.order.cut(logEnd);
    this.recent.cut(logEnd);
    this.#changeState({ ...change, trims: trimsUpTo(this.state, logEnd) });
    this.#endAt(logEnd);
    this.#write({ kind: "truncate", logEnd, resetTo: -1, state: this.state });
  }

  /** Replaces the log by an empty one that begins at `logStart`, below which everything is committed and trimmed. */
  writeReset(logStart: number, change: Partial<ReplicaState>): void {
    this.order.cut(Math.min(this.logEnd, logStart));
    this.recent.cut(0);
    this.#changeState({ ...change, logStart, trims: [] });
    this.#endAt(logStart);
    this.commitOffset = logStart;
    this.#write({ kind: "truncate", logEnd: logStart, resetTo: logStart, state: this.state });
  }

  /** Never goes back. Closing, trimming and clients follow from it. */
  commitUpTo(offset: number): void {
    if (offset <= this.commitOffset) return;
    assert(offset <= this.logEnd, "only records of the log are committed");
    this.commitOffset = offset;
    this.outputs.push({ type: "committed", commitOffset: offset });
    const logStart = trimsUpTo(this.state, offset).at(-1)?.logStart ?? 0;
    if (logStart > this.state.logStart) this.#trimTo(logStart);
  }

  #trimTo(logStart: number): void {
    const trims = this.state.trims.filter((trim) => trim.logStart > logStart);
    this.writeState({ logStart, trims, history: historyFrom(this.state.history, logStart) });
    this.order.whenDurable(() => this.outputs.push({ type: "trimmed", logStart }));
  }

  /** Answers the trim records that wait for their commit, those of `frames` among them. */
  #extend(frames: readonly Frame[]): readonly PendingTrim[] {
    let { trims } = this.state;
    for (const frame of frames) {
      const { header } = frame;
      assert(header.baseOffset === this.logEnd, "frames continue the log without a gap");
      this.logEnd = frameEndOffset(header);
      this.lastFrameEpoch = header.epoch;
      if (header.arrivalMs > this.lastArrivalMs) this.lastArrivalMs = header.arrivalMs;
      this.closing = header.kind === frameKind.close;
      if (header.kind === frameKind.trim) {
        const logStart = Math.min(frameTrimOffset(frame), header.baseOffset);
        if (logStart > (trims.at(-1) ?? this.state).logStart)
          trims = [...trims, { frameEnd: this.logEnd, logStart }].slice(-TRIMS_MAX);
      }
      this.recent.push(header);
    }
    return trims;
  }

  #endAt(logEnd: number): void {
    if (logEnd !== this.logEnd) this.closing = false;
    this.logEnd = logEnd;
    this.lastFrameEpoch = epochAt(this.state.history, logEnd - 1);
  }

  #changeState(change: Partial<ReplicaState>): void {
    const before = this.state;
    this.state = { ...before, ...change };
    assert(this.state.promisedEpoch >= before.promisedEpoch, "a promise never falls");
    assert(this.state.logEpoch >= before.logEpoch, "the log epoch never falls");
    this.promiseUnsaved = false;
  }

  #write(write: ReplicaWrite): void {
    const writeNumber = this.order.write(this.logEnd);
    this.outputs.push({ type: "write", writeNumber, write });
    if (write.kind === "frames") return;
    const { logEpoch } = write.state;
    if (logEpoch !== this.durableLogEpoch) this.order.whenDurable(() => (this.durableLogEpoch = logEpoch));
  }
}

function trimsUpTo({ trims }: ReplicaState, offset: number): readonly PendingTrim[] {
  return trims.filter(({ frameEnd }) => frameEnd <= offset);
}
