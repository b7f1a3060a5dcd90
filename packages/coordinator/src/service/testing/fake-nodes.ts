/**
 * Storage nodes as the coordinator sees them, with replicas that keep the rules which matter to it. For tests only. Each
 * node beats when told to and carries out calls at once; `deaf` ones answer nothing.
 */
import { EventEmitter } from "node:events";
import { ServiceError } from "@millrace/base";
import type {
  HeldReplica,
  NodeDirective,
  NodeReport__Output,
  ShardEvent__Output,
  ShardReport__Output,
} from "@millrace/rpc";
import type { ReplicaCalls } from "../replica-calls.ts";

/** What a replica is to the coordinator. */
export interface FakeReplica {
  readonly shardUid: number;
  readonly replicaUuid: string;
  suspect: boolean;
  promised: number;
  logEpoch: number;
  leads: number;
  closed: boolean;
  /** Of a leader: the members it was told of, and the replicas it brings up beside them. */
  set: readonly FakeMember[];
  learners: readonly FakeMember[];
  /** Recovered with a changed set and waiting for leave to open. */
  waits: boolean;
}

/** A member as the coordinator names it. */
interface FakeMember {
  readonly nodeId?: unknown;
  readonly replicaUuid?: unknown;
}

/** One heartbeat stream, seen from the coordinator. */
export class FakeStream extends EventEmitter {
  readonly directives: NodeDirective[] = [];
  write(directive: NodeDirective): boolean {
    return this.directives.push(directive) > 0;
  }
  end(): void {
    this.emit("close");
  }
}

/** One node. */
export class FakeNode {
  readonly nodeId: string;
  readonly replicas: Map<number, FakeReplica> = new Map();
  boot = 1;
  deaf = false;
  /** Write rate it reports of every shard it leads. */
  bytesPerSecond = 0;
  /** Calls received, as `<method> <shard uids>`. */
  readonly calls: string[] = [];
  stream: FakeStream | undefined;
  #events: ShardEvent__Output[] = [];

  constructor(nodeId: string) {
    this.nodeId = nodeId;
  }

  held(): HeldReplica[] {
    return [...this.replicas.values()].map(({ shardUid, replicaUuid }) => ({ shardUid, replicaUuid }));
  }

  /** Replicas whose leader says that they are far behind. */
  readonly lagging: Set<string> = new Set();
  stopping = false;

  /** The next heartbeat: all shards led, and the events since the last. */
  report(): NodeReport__Output {
    const events = this.#events;
    this.#events = [];
    const led = [...this.replicas.values()].filter((replica) => replica.leads > 0 && !replica.waits);
    const shards = led.map(({ shardUid, leads, set, learners }): ShardReport__Output => {
      const others = [...set, ...learners].filter((each) => each.nodeId !== this.nodeId);
      const lags = others.map((each) => ({
        nodeId: String(each.nodeId),
        replicaUuid: String(each.replicaUuid),
        adopted: true,
        recordsBehind: this.lagging.has(String(each.replicaUuid)) ? 1_000_000 : 0,
      }));
      const { bytesPerSecond } = this;
      const rates = { logStart: 0, commitOffset: 0, bytesPerSecond, recordsPerSecond: 0, lags };
      return { shardUid, epoch: leads, ...rates };
    });
    const disk = { belowDiskFloor: false, storeBytes: 0, diskFreeBytes: 0 };
    return {
      nodeId: this.nodeId,
      boot: this.boot,
      nowMs: 0,
      ...disk,
      shards,
      events,
      unreachableNodeIds: [],
      stopping: this.stopping,
    };
  }

  /** The process dies: what it led it leads no more. */
  crash(): void {
    this.deaf = true;
    for (const replica of this.replicas.values()) replica.leads = 0;
    this.stream?.emit("end");
    this.stream = undefined;
  }

  say(kind: ShardEvent__Output["kind"], shardUid: number, epoch: number, endOffset = 0): void {
    this.#events.push({ kind, shardUid, epoch, endOffset, timeMs: 5_000, why: "", setChanges: kind === "ADOPTED" });
  }

  note(method: string, shards: readonly { readonly shardUid?: unknown }[]): void {
    this.calls.push(`${method} ${shards.map(({ shardUid }) => String(shardUid)).join(",")}`);
    if (this.deaf) throw new ServiceError("UNAVAILABLE", `${this.nodeId} does not answer`);
  }
}

/** Calls that reach the fake nodes; `nodes` may be added to at any time. */
export function fakeCalls(nodes: ReadonlyMap<string, FakeNode>): ReplicaCalls {
  const of = (nodeId: string): FakeNode => {
    const node = nodes.get(nodeId);
    if (node === undefined) throw new ServiceError("UNAVAILABLE", `no node ${nodeId}`);
    return node;
  };
  return {
    createReplicas: async (nodeId, replicas) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("create", replicas);
      return replicas.map(({ shardUid, replicaUuid = "", epoch = 0, suspect = false }) => {
        const uid = Number(shardUid);
        const empty = { logEpoch: 0, leads: 0, closed: false, set: [], learners: [], waits: false };
        const made = { shardUid: uid, replicaUuid, suspect, promised: epoch, ...empty };
        if (!node.replicas.has(uid)) node.replicas.set(uid, made);
        return result(uid, node.replicas.get(uid)?.replicaUuid === replicaUuid);
      });
    },
    seal: async (nodeId, shards) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("seal", shards);
      const replies = shards.map(({ shardUid, replicaUuid = "", epoch = 0 }) => {
        const uid = Number(shardUid);
        const replica = node.replicas.get(uid);
        const ok = replica?.replicaUuid === replicaUuid && epoch >= replica.promised;
        if (ok) Object.assign(replica, { promised: epoch, leads: 0, learners: [], waits: false });
        const { promised = 0, logEpoch = 0, suspect = false } = replica ?? {};
        const log = { promisedEpoch: promised, logEpoch, logStart: 0, logEnd: 0, history: [] };
        return { ...result(uid, ok, "NO_SUCH_REPLICA"), replicaUuid, suspect, ...log };
      });
      return { boot: node.boot, replies };
    },
    recover: async (nodeId, shards) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("recover", shards);
      return shards.map(({ shardUid, replicaUuid, epoch = 0, boot, set = [], setChanges = false }) => {
        const uid = Number(shardUid);
        const replica = node.replicas.get(uid);
        const ok = replica?.replicaUuid === replicaUuid && replica?.promised === epoch && boot === node.boot;
        if (!ok || replica === undefined) return result(uid, false);
        Object.assign(replica, { logEpoch: epoch, leads: epoch, set, waits: setChanges });
        for (const peer of nodes.values()) {
          const follower = peer.replicas.get(uid);
          if (peer.deaf || follower === undefined || follower.promised > epoch) continue;
          if (set.some((each) => each.replicaUuid === follower.replicaUuid)) adopt(follower, epoch);
        }
        node.say(setChanges ? "ADOPTED" : "OPENED", uid, epoch);
        if (replica.closed) node.say("CLOSED", uid, epoch, 7);
        return result(uid, true);
      });
    },
    confirmOpen: async (nodeId, shards) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("confirm", shards);
      return shards.map(({ shardUid, epoch = 0 }) => {
        const replica = node.replicas.get(Number(shardUid));
        if (replica?.leads !== epoch) return result(shardUid, false);
        if (replica.waits) node.say("OPENED", replica.shardUid, epoch);
        replica.waits = false;
        return result(shardUid, true);
      });
    },
    setLearners: async (nodeId, shards) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("learners", shards);
      return shards.map(({ shardUid, epoch = 0, learners = [] }) => {
        const replica = node.replicas.get(Number(shardUid));
        if (replica?.leads !== epoch) return result(shardUid, false, "NOT_LEADER");
        replica.learners = learners;
        for (const { nodeId: to, replicaUuid } of learners) {
          const learner = nodes.get(String(to))?.replicas.get(replica.shardUid);
          if (learner?.replicaUuid === replicaUuid) adopt(learner, epoch);
        }
        return result(shardUid, true);
      });
    },
    handOver: async (nodeId, shards) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("handOver", shards);
      return shards.map(({ shardUid, epoch = 0 }) => {
        const replica = node.replicas.get(Number(shardUid));
        if (replica?.leads !== epoch) return result(shardUid, false, "NOT_LEADER");
        replica.leads = 0;
        node.say("RESIGNED", replica.shardUid, epoch);
        return result(shardUid, true);
      });
    },
    closeShards: async (nodeId, shards) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("close", shards);
      return shards.map(({ shardUid, epoch = 0 }) => {
        const replica = node.replicas.get(Number(shardUid));
        if (replica?.leads !== epoch) return result(shardUid, false, "NOT_LEADER");
        if (!replica.closed) node.say("CLOSED", replica.shardUid, epoch, 7);
        replica.closed = true;
        return result(shardUid, true);
      });
    },
    dropReplicas: async (nodeId, shards) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("drop", shards);
      return shards.map(({ shardUid, epoch = 0 }) => {
        const replica = node.replicas.get(Number(shardUid));
        if (replica !== undefined && epoch < replica.promised) return result(shardUid, false, "PROMISED");
        node.replicas.delete(Number(shardUid));
        return result(shardUid, true);
      });
    },
    resumeReplicas: async (nodeId, shards) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("resume", shards);
      return shards.map(({ shardUid }) => result(shardUid, node.replicas.has(Number(shardUid))));
    },
    ping: async (nodeId) => {
      await Promise.resolve();
      const node = of(nodeId);
      node.note("ping", []);
      return { nodeId, boot: node.boot, serving: true };
    },
    close: () => undefined,
  };
}

function adopt(replica: FakeReplica | undefined, epoch: number): void {
  if (replica !== undefined) Object.assign(replica, { promised: epoch, logEpoch: epoch, suspect: false });
}

function result(shardUid: unknown, ok: boolean, why = "refused"): { shardUid: number; ok: boolean; why: string } {
  return { shardUid: Number(shardUid), ok, why: ok ? "" : why };
}
