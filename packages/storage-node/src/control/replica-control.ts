/** What the coordinator asks of this node's replicas. Every call works on many shards with one journal submission. */
import { withDeadline, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import { frameKind } from "@millrace/model";
import { encodeReplicaState, initialReplicaState, type SealReply as ReplicaSealReply } from "@millrace/replication";
import type {
  CreateReplicasRequest__Output,
  DropOne__Output,
  DropRequest__Output,
  DigestLogReply,
  DigestLogRequest__Output,
  HandOverRequest__Output,
  ImportFramesReply,
  ImportFramesRequest__Output,
  ReadFramesReply,
  ReadFramesRequest__Output,
  RecoverOne__Output,
  RecoverRequest__Output,
  ResumeOne__Output,
  ResumeReplicasRequest__Output,
  ReplicaResult,
  ReplicaResults,
  ReplicaToCreate__Output,
  SealOne__Output,
  SealReplies,
  SealReply,
  SealRequest__Output,
  SetLearnersRequest__Output,
  ShardEpoch__Output,
  ShardEpochs__Output,
} from "@millrace/rpc";
import type { AppendService } from "../append/append-service.ts";
import { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaFactory } from "../replica/recover-replicas.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";
import type { CoordinatorTerm } from "./coordinator-term.ts";
import { digestLog } from "./digest-log.ts";
import { handOver } from "./hand-over.ts";
import { importFrames, readFrames } from "./move-frames.ts";

/** The disk must have answered by then; the coordinator has given up before. */
const ANSWER_DEADLINE_MS = 10_000;
const NO_SUCH_REPLICA = "NO_SUCH_REPLICA";
const WRONG_REPLICA = "WRONG_REPLICA";
/** By a defect: nothing that is fed to it is answered. */
const STOPPED = "STOPPED";

/** What the calls work with. */
export interface ReplicaControlParts {
  readonly host: ReplicaHost;
  readonly appends: AppendService;
  readonly logStore: LogStore;
  readonly clock: Clock;
  readonly term: CoordinatorTerm;
  readonly createReplica: ReplicaFactory;
  /** Whether the shard is being made and no client can write it. */
  readonly isBeingMade: (shardUid: number) => boolean;
  readonly onDropped: (held: HeldReplica) => void;
  /** The close record of a shard led here has long been committed: the coordinator asks because it has not heard. */
  readonly onClosedAgain: (held: HeldReplica) => void;
}

/** See the file comment. Methods reject with CONFLICT for a deposed coordinator and DEADLINE for a disk that hangs. */
export class ReplicaControl {
  readonly #parts: ReplicaControlParts;
  /** Replicas whose first state is not durable yet, by shard: a repeated call waits for the same write. */
  readonly #creating = new Map<number, { replicaUuid: string; done: Promise<void> }>();

  constructor(parts: ReplicaControlParts) {
    this.#parts = parts;
  }

  createReplicas(request: CreateReplicasRequest__Output): Promise<ReplicaResults> {
    return this.#forEach(request.coordinatorTerm, request.replicas, (one) => this.#create(one));
  }

  async seal(request: SealRequest__Output): Promise<SealReplies> {
    this.#parts.term.accept(request.coordinatorTerm);
    const waiting: Promise<SealReply>[] = [];
    this.#parts.host.batch(() => {
      for (const one of request.shards) waiting.push(this.#sealOne(one));
    });
    return { boot: this.#parts.logStore.boot, replies: await this.#inTime("sealing", Promise.all(waiting)) };
  }

  recover(request: RecoverRequest__Output): Promise<ReplicaResults> {
    return this.#forEach(request.coordinatorTerm, request.shards, (one) => this.#recoverOne(one));
  }

  confirmOpen(request: ShardEpochs__Output): Promise<ReplicaResults> {
    return this.#forEach(request.coordinatorTerm, request.shards, ({ shardUid, epoch }) => {
      const held = this.#parts.host.get(shardUid);
      if (held === undefined) return refusedResult(shardUid, NO_SUCH_REPLICA);
      this.#parts.host.feed(held, { type: "openConfirmed", epoch });
      return Promise.resolve({ shardUid, ok: held.replica.promisedEpoch === epoch, why: "" });
    });
  }

  setLearners(request: SetLearnersRequest__Output): Promise<ReplicaResults> {
    return this.#forEach(request.coordinatorTerm, request.shards, ({ shardUid, epoch, learners }) => {
      const held = this.#parts.host.get(shardUid);
      if (held === undefined) return refusedResult(shardUid, NO_SUCH_REPLICA);
      const { replica } = held;
      if (replica.role === "follower" || replica.promisedEpoch !== epoch) return refusedResult(shardUid, "NOT_LEADER");
      this.#parts.host.feed(held, { type: "learners", epoch, learners });
      return Promise.resolve({ shardUid, ok: true, why: "" });
    });
  }

  handOver(request: HandOverRequest__Output): Promise<ReplicaResults> {
    return this.#forEach(request.coordinatorTerm, request.shards, async ({ shardUid, epoch, toReplicaUuid }) => {
      const held = this.#parts.host.get(shardUid);
      const why = held === undefined ? NO_SUCH_REPLICA : await handOver(this.#parts, held, epoch, toReplicaUuid);
      return { shardUid, ok: why === "", why };
    });
  }

  resumeReplicas(request: ResumeReplicasRequest__Output): Promise<ReplicaResults> {
    return this.#forEach(request.coordinatorTerm, request.shards, (one) => this.#resumeOne(one));
  }

  digestLog(request: DigestLogRequest__Output): Promise<DigestLogReply> {
    return digestLog(this.#parts, request);
  }

  readFrames(request: ReadFramesRequest__Output): Promise<ReadFramesReply> {
    return readFrames(this.#parts, request);
  }

  importFrames(request: ImportFramesRequest__Output): Promise<ImportFramesReply> {
    return importFrames(this.#parts, request);
  }

  closeShards(request: ShardEpochs__Output): Promise<ReplicaResults> {
    return this.#forEach(request.coordinatorTerm, request.shards, (one) => this.#closeOne(one));
  }

  dropReplicas(request: DropRequest__Output): Promise<ReplicaResults> {
    return this.#forEach(request.coordinatorTerm, request.shards, (one) => this.#dropOne(one));
  }

  #create(asked: ReplicaToCreate__Output): Promise<ReplicaResult> {
    const { shardUid, replicaUuid, epoch, set, suspect } = asked;
    const { host, logStore, createReplica } = this.#parts;
    const existing = host.get(shardUid);
    if (existing !== undefined) {
      const same = existing.replica.replicaUuid === replicaUuid;
      return same ? Promise.resolve({ shardUid, ok: true, why: "" }) : refusedResult(shardUid, WRONG_REPLICA);
    }
    const running = this.#creating.get(shardUid);
    if (running !== undefined) {
      if (running.replicaUuid !== replicaUuid) return refusedResult(shardUid, WRONG_REPLICA);
      return running.done.then(() => ({ shardUid, ok: true, why: "" }));
    }
    // A replica made after its shard was first opened knows nothing of what was acknowledged before.
    const state = { ...initialReplicaState(shardUid, replicaUuid, epoch, set), suspect };
    const done = new Promise<void>((resolve) => {
      // Whatever an unreadable predecessor left must not be taken for the new replica's log.
      const leftovers = logStore.recovered.has(shardUid) ? [{ kind: "drop" as const, shardUid }] : [];
      logStore.submit([...leftovers, { kind: "state", shardUid, state: encodeReplicaState(state) }], () => {
        this.#creating.delete(shardUid);
        const { nodeId, boot } = logStore;
        const empty = { logEnd: 0, lastFrameEpoch: 0, lastArrivalMs: 0, closed: false };
        host.add(new HeldReplica(createReplica({ nodeId, boot, state, ...empty }), set, epoch, 0));
        resolve();
      });
    });
    this.#creating.set(shardUid, { replicaUuid, done });
    return done.then(() => ({ shardUid, ok: true, why: "" }));
  }

  #sealOne({ shardUid, replicaUuid, epoch }: SealOne__Output): Promise<SealReply> {
    const held = this.#parts.host.get(shardUid);
    if (held === undefined) return Promise.resolve({ shardUid, ok: false, why: NO_SUCH_REPLICA });
    if (held.dropped) return Promise.resolve({ shardUid, ok: false, why: STOPPED });
    return new Promise((resolve) => {
      this.#parts.host.seal(held, epoch, replicaUuid, (reply) => resolve(sealReplyOf(shardUid, reply)));
    });
  }

  #recoverOne(asked: RecoverOne__Output): Promise<ReplicaResult> {
    const { shardUid, epoch, set, setChanges, replicaUuid, boot, logEpoch, logEnd } = asked;
    const held = this.#parts.host.get(shardUid);
    if (held === undefined) return refusedResult(shardUid, NO_SUCH_REPLICA);
    if (held.dropped) return refusedResult(shardUid, STOPPED);
    const reported = { replicaUuid, boot, logEpoch, logEnd };
    return new Promise((resolve) => {
      this.#parts.host.recover(held, { epoch, reported, set, setChanges }, ({ ok, why }) => {
        resolve({ shardUid, ok, why });
      });
    });
  }

  /** After a defect what the machine holds in memory is not trusted: only a new process makes it from its stored state. */
  #resumeOne({ shardUid, replicaUuid, keepLog }: ResumeOne__Output): Promise<ReplicaResult> {
    const held = this.#parts.host.get(shardUid);
    if (held === undefined) return refusedResult(shardUid, NO_SUCH_REPLICA);
    if (held.replica.replicaUuid !== replicaUuid) return refusedResult(shardUid, WRONG_REPLICA);
    if (held.dropped) return refusedResult(shardUid, "a defect stopped it: restart the node first");
    return new Promise((resolve) => {
      this.#parts.host.resume(held, keepLog, () => resolve({ shardUid, ok: true, why: "" }));
    });
  }

  #closeOne({ shardUid, epoch }: ShardEpoch__Output): Promise<ReplicaResult> {
    const held = this.#parts.host.get(shardUid);
    if (held === undefined) return refusedResult(shardUid, NO_SUCH_REPLICA);
    const { replica } = held;
    if (!held.serving || replica.promisedEpoch !== epoch) return refusedResult(shardUid, "NOT_LEADER");
    // A repeat of the call finds the record in the log or on its way there: that is what was asked for.
    if (replica.closed) this.#parts.onClosedAgain(held);
    const appender = this.#parts.appends.appenderOf(shardUid);
    const closing = !replica.canAppend();
    if (!closing && appender?.appendMarker(frameKind.close, Buffer.alloc(0)) !== true) {
      return refusedResult(shardUid, "NOT_LEADER");
    }
    return Promise.resolve({ shardUid, ok: true, why: "" });
  }

  #dropOne({ shardUid, replicaUuid, epoch }: DropOne__Output): Promise<ReplicaResult> {
    const { host, logStore, onDropped } = this.#parts;
    const held = host.get(shardUid);
    if (held === undefined) {
      // Dropped before, or a replica whose state was unreadable: the tombstone names it, so what is left goes.
      if (logStore.recovered.has(shardUid)) logStore.submit([{ kind: "drop", shardUid }], () => undefined);
      return Promise.resolve({ shardUid, ok: true, why: "" });
    }
    if (held.replica.replicaUuid !== replicaUuid) return refusedResult(shardUid, WRONG_REPLICA);
    if (epoch < held.replica.promisedEpoch) return refusedResult(shardUid, "PROMISED");
    onDropped(held);
    return new Promise((resolve) => {
      host.drop(held, () => resolve({ shardUid, ok: true, why: "" }));
    });
  }

  async #forEach<One>(
    term: number,
    shards: readonly One[],
    act: (one: One) => Promise<ReplicaResult>,
  ): Promise<ReplicaResults> {
    this.#parts.term.accept(term);
    const waiting: Promise<ReplicaResult>[] = [];
    this.#parts.host.batch(() => {
      for (const one of shards) waiting.push(act(one));
    });
    return { results: await this.#inTime("replica control", Promise.all(waiting)) };
  }

  #inTime<T>(what: string, work: Promise<T>): Promise<T> {
    return withDeadline(this.#parts.clock, ANSWER_DEADLINE_MS, what, work);
  }
}

function refusedResult(shardUid: number, why: string): Promise<ReplicaResult> {
  return Promise.resolve({ shardUid, ok: false, why });
}

function sealReplyOf(shardUid: number, reply: ReplicaSealReply): SealReply {
  const { history, ...rest } = reply;
  const why = reply.ok ? "" : `promised ${reply.promisedEpoch} to another or holds another replica`;
  return { shardUid, why, history: [...history], ...rest };
}
