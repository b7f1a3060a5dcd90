/**
 * Owns every replica of the node: feeds inputs to the machines one synchronous step at a time and carries out what they
 * answer. Journal writes of one turn (a batch of appends, a peer's batch, a coordinator's call) become one submission.
 *
 * Invariant: writes of a shard reach the journal in the order of its outputs; `durable` is fed only by the journal.
 */
import { assert, ServiceError, type Clock } from "@millrace/base";
import type { LogEntry, LogStore } from "@millrace/log-store";
import type { Frame } from "@millrace/model";
import {
  encodeReplicaState,
  type PeerMessage,
  type ReplicaInput,
  type ReplicaOutput,
  type ReplicaWrite,
  type SealReply,
} from "@millrace/replication";
import type { PeerAddressing } from "@millrace/rpc";
import { CatchUpReads } from "./catch-up-reads.ts";
import type { HeldReplica } from "./held-replica.ts";
import type { ReplicaEvents } from "./replica-events.ts";

/** The three connections of a pair of nodes. */
export type Lane = "control" | "live" | "catchUp";

/** How replicas reach their peers: never waits, may lose, keeps order within a lane while its connection lives. */
export interface PeerSender {
  send(to: string, lane: Lane, addressing: PeerAddressing, message: PeerMessage): void;
  /** Bytes sent on a lane that its connection has not taken yet. */
  queuedBytesTo(to: string, lane: Lane): number;
}

/** Answer to a recover request. */
export interface RecoverAnswer {
  readonly ok: boolean;
  readonly why: string;
}

/** What the host works with. `peers` and `events` are set once, while the node is wired. */
export interface ReplicaHostParts {
  readonly clock: Clock;
  readonly logStore: LogStore;
  readonly peers: PeerSender;
  readonly events: ReplicaEvents;
  /** Replaces the damaged frame that holds `offset` by another member's copy; answers whether it did. */
  readonly repair: (held: HeldReplica, offset: number) => Promise<boolean>;
  /** How fast a lagging peer is fed from the log. */
  readonly catchUpBytesPerSecond: number;
}

/** See the file comment. */
export class ReplicaHost {
  readonly #parts: ReplicaHostParts;
  readonly #held = new Map<number, HeldReplica>();
  readonly #inputs: { held: HeldReplica; input: ReplicaInput }[] = [];
  #draining = false;
  #batchDepth = 0;
  #entries: LogEntry[] = [];
  #writeNumbers = new Map<HeldReplica, number>();
  #nextRequestId = 1;
  readonly #seals = new Map<number, (reply: SealReply) => void>();
  readonly #resumes = new Map<number, () => void>();
  readonly #recovers = new Map<number, (answer: RecoverAnswer) => void>();
  readonly #catchUpReads: CatchUpReads;
  #undurableBytes = 0;
  #closed = false;

  constructor(parts: ReplicaHostParts) {
    this.#parts = parts;
    const { clock, peers, catchUpBytesPerSecond } = parts;
    const queuedBytes = (peer: string): number => peers.queuedBytesTo(peer, "catchUp");
    this.#catchUpReads = new CatchUpReads({ clock, bytesPerSecond: catchUpBytesPerSecond, queuedBytes });
  }

  get(shardUid: number): HeldReplica | undefined {
    return this.#held.get(shardUid);
  }

  all(): IterableIterator<HeldReplica> {
    return this.#held.values();
  }

  get count(): number {
    return this.#held.size;
  }

  /** True while a machine steps: an append now would be out of order; come again next turn. */
  get busy(): boolean {
    return this.#draining;
  }

  /** Frame bytes handed to the journal and not yet durable: peers' streams are paused above a limit. */
  get undurableBytes(): number {
    return this.#undurableBytes;
  }

  add(held: HeldReplica): void {
    assert(!this.#held.has(held.shardUid), "a node holds one replica of a shard");
    held.activeMs = this.#parts.clock.monotonicMs();
    this.#held.set(held.shardUid, held);
  }

  /** Forgets a replica and calls `done` when its disappearance is durable. */
  drop(held: HeldReplica, done: () => void): void {
    held.dropped = true;
    this.#held.delete(held.shardUid);
    this.#parts.logStore.submit([{ kind: "drop", shardUid: held.shardUid }], done);
  }

  /** Runs `work`; everything it makes the machines write goes to the journal in one submission. */
  batch(work: () => void): void {
    this.#batchDepth += 1;
    try {
      work();
    } finally {
      this.#batchDepth -= 1;
      if (this.#batchDepth === 0) this.#submit();
    }
  }

  /** Steps nothing any more: the log store is about to close. */
  close(): void {
    this.#closed = true;
    this.#catchUpReads.close();
  }

  feed(held: HeldReplica, input: ReplicaInput): void {
    if (this.#closed || (input.type === "message" && this.#hasNoSpaceFor(input.message))) return;
    this.batch(() => {
      if (input.type !== "tick") held.activeMs = this.#parts.clock.monotonicMs();
      this.#inputs.push({ held, input });
      this.#drain();
    });
  }

  /** Feeds a frame made from `nextAppend()` in the same synchronous stretch. */
  append(held: HeldReplica, frame: Frame): void {
    assert(!this.#draining, "appends are made between steps");
    this.feed(held, { type: "append", frame });
  }

  /**
   * A read met `error`. When it says that a frame is damaged, that frame is repaired from another member; if that cannot be
   * done, the replica hears of it. Answers whether reading again makes sense.
   */
  async readFailed(held: HeldReplica, error: unknown): Promise<boolean> {
    const { code, ids } = ServiceError.from(error);
    if (code !== "DAMAGED") return false;
    if (typeof ids["offset"] === "number" && (await this.#parts.repair(held, ids["offset"]))) return true;
    this.feed(held, { type: "frameDamaged" });
    return false;
  }

  /** `resolve` gets the durable answer; it is never called when the process ends first. */
  seal(held: HeldReplica, epoch: number, replicaUuid: string, resolve: (reply: SealReply) => void): void {
    const requestId = this.#nextRequestId++;
    this.#seals.set(requestId, resolve);
    this.feed(held, { type: "seal", requestId, epoch, replicaUuid });
  }

  recover(
    held: HeldReplica,
    request: Omit<Extract<ReplicaInput, { type: "recover" }>, "type" | "requestId">,
    resolve: (answer: RecoverAnswer) => void,
  ): void {
    const requestId = this.#nextRequestId++;
    this.#recovers.set(requestId, (answer) => {
      if (answer.ok) {
        held.configEpoch = request.epoch;
        held.set = request.set;
      }
      resolve(answer);
    });
    this.feed(held, { type: "recover", requestId, ...request });
  }

  /** Lets a halted replica go on, see `ReplicaInput`; `resolve` is called when that is durable. */
  resume(held: HeldReplica, keepLog: boolean, resolve: () => void): void {
    const requestId = this.#nextRequestId++;
    this.#resumes.set(requestId, resolve);
    this.feed(held, { type: "resume", requestId, keepLog });
  }

  /**
   * On an exhausted disk frames of leaders are as good as lost on the way: they are sent again until there is space. A
   * copy that replaces the whole log is let in, since it frees more than it takes.
   */
  #hasNoSpaceFor(message: PeerMessage): boolean {
    if (!this.#parts.logStore.diskExhausted) return false;
    if (message.kind === "catchUp") return message.frames.length > 0 && message.resetTo < 0;
    return message.kind === "append" && message.frames.length > 0;
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let at = 0; at < this.#inputs.length; at += 1) {
        const next = this.#inputs[at];
        if (next !== undefined && !next.held.dropped) this.#step(next.held, next.input);
      }
    } finally {
      this.#inputs.length = 0;
      this.#draining = false;
    }
  }

  #step(held: HeldReplica, input: ReplicaInput): void {
    const outputs: ReplicaOutput[] = [];
    const { suspect: wasSuspect, state } = held.replica;
    try {
      held.replica.step(input, outputs);
    } catch (error) {
      // A failed assertion concerns this shard: it is stopped and reported, the node's other shards go on. What the step
      // decided is not trusted; the state before it is, and says from now on that the replica is stopped.
      held.dropped = true;
      this.#write(held, 0, { kind: "state", state: { ...state, halted: true } });
      this.#parts.events.halted(held, error instanceof Error ? (error.stack ?? error.message) : String(error));
      return;
    }
    held.role = held.replica.role;
    for (const output of outputs) this.#carryOut(held, output);
    if (held.replica.suspect && !wasSuspect) this.#parts.events.suspect(held);
    this.#afterStep(held);
  }

  #carryOut(held: HeldReplica, output: ReplicaOutput): void {
    const { events } = this.#parts;
    switch (output.type) {
      case "write":
        this.#write(held, output.writeNumber, output.write);
        return;
      case "send":
        this.#parts.peers.send(output.to, output.lane, addressingOf(held, output.toReplicaUuid), output.message);
        return;
      case "readLog":
        this.#readLog(held, output.peer, output.fromOffset, output.limitBytes);
        return;
      case "sealReply":
        this.#seals.get(output.requestId)?.(output.reply);
        this.#seals.delete(output.requestId);
        return;
      case "recoverReply":
        this.#recovers.get(output.requestId)?.({ ok: output.ok, why: output.why });
        this.#recovers.delete(output.requestId);
        return;
      case "resumeReply":
        this.#resumes.get(output.requestId)?.();
        this.#resumes.delete(output.requestId);
        return;
      case "adopted":
        events.adopted(held, output.epoch, output.setChanges);
        return;
      case "opened":
        events.opened(held, output.epoch);
        return;
      case "committed":
        events.committed(held, output.commitOffset);
        return;
      case "steppedDown":
        events.steppedDown(held, output.epoch, output.why);
        return;
      case "trimmed":
        this.#parts.logStore.trim(held.shardUid, output.logStart);
        return;
      case "halted":
        events.halted(held, output.why);
        return;
    }
  }

  #write(held: HeldReplica, writeNumber: number, write: ReplicaWrite): void {
    const { shardUid } = held;
    if (write.kind === "truncate") {
      const { logEnd, resetTo } = write;
      this.#entries.push({ kind: "truncate", shardUid, logEnd, resetTo });
      if (resetTo >= 0) held.recent.clear();
      else held.recent.truncate(logEnd);
    }
    if (write.kind === "frames" || write.kind === "framesAndState") {
      for (const frame of write.frames) {
        this.#entries.push({ kind: "frame", frame });
        this.#undurableBytes += frame.bytes.length;
        held.recent.remember(frame, this.#parts.clock.monotonicMs());
        held.lastArrivalMs = frame.header.arrivalMs;
      }
    }
    if (write.kind !== "frames") {
      held.set = write.state.set;
      held.configEpoch = write.state.configEpoch;
      this.#entries.push({ kind: "state", shardUid, state: encodeReplicaState(write.state) });
    }
    this.#writeNumbers.set(held, writeNumber);
  }

  #submit(): void {
    if (this.#closed || this.#writeNumbers.size === 0) return;
    const entries = this.#entries;
    const writeNumbers = this.#writeNumbers;
    this.#entries = [];
    this.#writeNumbers = new Map();
    let sizeBytes = 0;
    for (const entry of entries) if (entry.kind === "frame") sizeBytes += entry.frame.bytes.length;
    this.#parts.logStore.submit(entries, () => {
      this.#undurableBytes -= sizeBytes;
      this.batch(() => {
        for (const [held, writeNumber] of writeNumbers) this.feed(held, { type: "durable", writeNumber });
      });
    });
  }

  /** Asks at most once per shard and peer at a time: a later ask replaces one that still waits. */
  #readLog(held: HeldReplica, peer: string, fromOffset: number, limitBytes: number): void {
    const read = async (): Promise<number> => {
      const { logStore } = this.#parts;
      const found = await logStore.read(held.shardUid, fromOffset, limitBytes).catch(async (error: unknown) => {
        const repaired = await this.readFailed(held, error);
        return repaired ? logStore.read(held.shardUid, fromOffset, limitBytes).catch(() => undefined) : undefined;
      });
      this.feed(held, { type: "logRead", peer, fromOffset, frames: found?.frames });
      return found?.frames.reduce((sum, frame) => sum + frame.bytes.length, 0) ?? 0;
    };
    this.#catchUpReads.ask(`${held.shardUid}/${peer}`, { peer, read });
  }

  #afterStep(held: HeldReplica): void {
    const leadsClosed = held.replica.closed && held.role === "leading";
    if (leadsClosed && !held.closeReported) this.#parts.events.closed(held);
    held.closeReported = leadsClosed;
  }
}

function addressingOf(held: HeldReplica, toReplicaUuid: string): PeerAddressing {
  return { shardUid: held.shardUid, toReplicaUuid, fromReplicaUuid: held.replica.replicaUuid };
}
