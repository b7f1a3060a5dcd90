/** A coordinator for tests: takes registrations, publishes a map, runs epochs when told. Nothing happens by itself. */
import { sleep } from "@millrace/base";
import { realClock } from "@millrace/runtime";
import { callUnary, replicaControlClient, serveRpc, type RpcServer, type ShardEvent__Output } from "@millrace/rpc";
import type { ClusterMapUpdate, CoordinatorHandlers, NodeReport__Output, RegisterRequest__Output } from "@millrace/rpc";
import type {
  ReplicaResults__Output,
  SealReplies__Output,
  ShardEntry,
  ShardReport__Output,
  StreamEntry,
} from "@millrace/rpc";

const CALL_MS = 4000;

/** A member of the one shard set these tests use. */
export interface Member {
  readonly nodeId: string;
  readonly replicaUuid: string;
  readonly zone: string;
}

type Watch = { write(update: ClusterMapUpdate): boolean };

/** See the file comment. */
export class SmallCoordinator {
  readonly events: ShardEvent__Output[] = [];
  /** The latest report of each shard. */
  readonly shardReports: Map<number, ShardReport__Output> = new Map();
  readonly #nodes = new Map<string, RegisterRequest__Output>();
  readonly #watches = new Set<Watch>();
  readonly #shards = new Map<number, ShardEntry>();
  #streams: StreamEntry[] = [];
  #version = 1;
  #server: RpcServer | undefined;
  term = 1;

  async start(): Promise<string> {
    this.#server = await serveRpc("127.0.0.1", 0, { Coordinator: this.#handlers() });
    return `127.0.0.1:${this.#server.port}`;
  }

  async close(): Promise<void> {
    await this.#server?.close(0);
  }

  addressOf(nodeId: string): string {
    return this.#nodes.get(nodeId)?.address ?? "";
  }

  get nodeIds(): string[] {
    return [...this.#nodes.keys()];
  }

  /** Creates a shard on `members` and has the first lead epoch 1. */
  async createShard(shardUid: number, members: readonly Member[], stream: Partial<StreamEntry> = {}): Promise<void> {
    this.#streams = [
      { streamUid: 1, name: "orders", retentionHours: 24, status: "ACTIVE", mode: "PROVISIONED", ...stream },
    ];
    this.#shards.set(shardUid, {
      shardUid,
      streamUid: 1,
      shardIndex: 0,
      state: "open",
      epoch: 1,
      replicas: [...members],
    });
    this.publish();
    await Promise.all(
      members.map(({ nodeId }) =>
        this.call(nodeId, "createReplicas", {
          replicas: [{ shardUid, replicaUuid: uuidOf(members, nodeId), epoch: 1, set: [...members] }],
        }),
      ),
    );
    await this.elect(shardUid, members, 1, members[0]?.nodeId);
  }

  /** Seals `epoch` on who answers and has the best log (of `prefer` when equal) recover. Answers the leader. */
  async elect(shardUid: number, members: readonly Member[], epoch: number, prefer?: string): Promise<string> {
    const replies = await Promise.all(
      members.map(async ({ nodeId, replicaUuid }) => {
        try {
          const sealed = (await this.call(nodeId, "seal", {
            shards: [{ shardUid, replicaUuid, epoch }],
          })) as SealReplies__Output;
          const [reply] = sealed.replies;
          return reply?.ok === true && !reply.suspect ? { nodeId, boot: sealed.boot, reply } : undefined;
        } catch {
          // A dead node does not answer: two of three are enough.
          return undefined;
        }
      }),
    );
    const valid = replies.filter((one) => one !== undefined);
    if (valid.length <= members.length / 2 - 0.5) throw new Error("no majority to seal");
    valid.sort(
      (a, b) =>
        b.reply.logEpoch - a.reply.logEpoch || b.reply.logEnd - a.reply.logEnd || rank(a, prefer) - rank(b, prefer),
    );
    const [best] = valid;
    if (best === undefined) throw new Error("nobody to lead");
    const { replicaUuid, logEpoch, logEnd } = best.reply;
    const one = {
      shardUid,
      epoch,
      replicaUuid,
      boot: best.boot,
      logEpoch,
      logEnd,
      set: [...members],
      setChanges: false,
    };
    const { results } = (await this.call(best.nodeId, "recover", { shards: [one] })) as ReplicaResults__Output;
    if (results[0]?.ok !== true) throw new Error(`recover refused: ${results[0]?.why}`);
    await this.until(() =>
      this.events.some((e) => e.kind === "OPENED" && e.shardUid === shardUid && e.epoch === epoch),
    );
    this.#shards.set(shardUid, { ...this.#shards.get(shardUid), leader: best.nodeId, epoch });
    this.publish();
    return best.nodeId;
  }

  /** Calls a ReplicaControl method of a node. */
  async call(
    nodeId: string,
    method:
      | "createReplicas"
      | "seal"
      | "recover"
      | "confirmOpen"
      | "closeShards"
      | "dropReplicas"
      | "resumeReplicas"
      | "ping",
    request: object,
  ): Promise<unknown> {
    const client = replicaControlClient(this.addressOf(nodeId));
    try {
      const bound = client[method].bind(client) as unknown as Parameters<typeof callUnary<object, object>>[0];
      return await callUnary(bound, { coordinatorTerm: this.term, ...request }, CALL_MS);
    } finally {
      client.close();
    }
  }

  publish(): void {
    this.#version += 1;
    for (const watch of this.#watches) watch.write(this.#snapshot());
  }

  /** Polls `condition` until it holds; fails after four seconds. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 400; turn += 1) {
      if (condition()) return;
      await sleep(realClock, 10);
    }
    throw new Error(`gave up waiting for ${condition.toString()}`);
  }

  #snapshot(): ClusterMapUpdate {
    return {
      version: this.#version,
      reset: true,
      clusterId: "test-cluster",
      nodes: [...this.#nodes.values()].map(({ nodeId, zone, address }) => ({ nodeId, zone, address, alive: true })),
      streams: this.#streams,
      shards: [...this.#shards.values()],
    };
  }

  #handlers(): CoordinatorHandlers {
    return {
      FindActive: (_call, callback) => callback(null, { active: true, coordinatorTerm: this.term }),
      Register: (call, callback) => {
        this.#nodes.set(call.request.nodeId, call.request);
        this.publish();
        callback(null, { accepted: true, clusterId: "test-cluster", coordinatorTerm: this.term });
      },
      Heartbeat: (call) => {
        call.on("data", (report: NodeReport__Output) => {
          for (const shard of report.shards) this.shardReports.set(shard.shardUid, shard);
          this.events.push(...report.events);
          call.write({ coordinatorMs: realClock.nowMs(), coordinatorTerm: this.term, registerAgain: false });
        });
        call.on("end", () => call.end());
        call.on("error", () => undefined);
      },
      WatchMap: (call) => {
        this.#watches.add(call);
        call.write(this.#snapshot());
        call.on("cancelled", () => this.#watches.delete(call));
        call.on("error", () => this.#watches.delete(call));
      },
      Control: (_call, callback) => callback(null, {}),
      Operate: (_call, callback) => callback(null, {}),
    };
  }
}

function uuidOf(members: readonly Member[], nodeId: string): string {
  return members.find((member) => member.nodeId === nodeId)?.replicaUuid ?? "";
}

function rank({ nodeId }: { nodeId: string }, prefer: string | undefined): number {
  return nodeId === prefer ? 0 : 1;
}
