/**
 * A coordinator and storage nodes at the gRPC boundary, for tests of the real gateway: the map is what the test says,
 * appends are kept in memory, and each node can be told how to answer.
 */
import type { Clock } from "@millrace/base";
import { encodeFrame, type ClusterMapUpdate, type ShardEntry, type StreamEntry } from "@millrace/model";
import {
  serveRpc,
  type Append__Output,
  type AppendBatch__Output,
  type AppendResult,
  type AppendResultBatch,
  type ClaimReply,
  type ClaimRequest__Output,
  type ClusterMapUpdate as ClusterMapMessage,
  type LocateReply,
  type LocateRequest__Output,
  type ReadChunk,
  type ReadRequest__Output,
  type RpcServer,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type SubscribeRequest__Output,
  type WatchMapRequest__Output,
} from "@millrace/rpc";
import { createLogger, defaultConfig, MetricsRegistry, realClock, realRandom } from "@millrace/runtime";
import { startGateway, type RunningGateway } from "../start-gateway.ts";

type AppendCall = ServerDuplexStream<AppendBatch__Output, AppendResultBatch>;
type SubscribeCall = ServerWritableStream<SubscribeRequest__Output, ReadChunk>;

/** The stream of the cluster. */
export const STREAM: StreamEntry = {
  streamUid: 1,
  accountId: "000000000000",
  region: "us-east-1",
  name: "s",
  status: "ACTIVE",
  createdMs: 1,
  mode: "PROVISIONED",
  retentionHours: 24,
  maxRecordBytes: 1_048_576,
  autoDistribution: false,
  shardMetrics: [],
  encryptionKeyId: "",
};

/** What a node answers an append with; undefined: nothing at all. */
export type AppendAnswer = Omit<AppendResult, "correlation"> | undefined;

/** One storage node. `answer` decides about appends; the default stores them. */
export class FakeNode {
  readonly nodeId: string;
  readonly appends: Append__Output[] = [];
  readonly subscribes: { readonly request: SubscribeRequest__Output; readonly call: SubscribeCall }[] = [];
  readonly claims: ClaimRequest__Output[] = [];
  /** What claims of a consumer's place are answered with. */
  claimStatus: Extract<ClaimReply["status"], string> = "STATUS_OK";
  readonly #logs: Map<number, Append__Output[]>;
  server: RpcServer | undefined;
  answer: (append: Append__Output) => AppendAnswer = (append) => this.store(append);
  #calls: AppendCall[] = [];

  constructor(nodeId: string, logs: Map<number, Append__Output[]>) {
    this.nodeId = nodeId;
    this.#logs = logs;
  }

  /** Keeps an append at the end of its shard, unless one with its id is there: then that one's place is the answer. */
  store(append: Append__Output): AppendAnswer {
    const log = this.#logs.get(append.shardUid) ?? [];
    this.#logs.set(append.shardUid, log);
    const original = originalOf(append, log);
    const baseOffset = lengthOf(original === -1 ? log : log.slice(0, original));
    if (original === -1) log.push(append);
    return { status: "STATUS_OK", baseOffset, acceptedCount: append.recordCount, arrivalMs: 1_700_000_000_000 };
  }

  /** Whether an append with this one's id is in its shard. */
  has(append: Append__Output): boolean {
    return originalOf(append, this.#logs.get(append.shardUid) ?? []) !== -1;
  }

  /** The append streams break, as when the node dies. */
  breakStreams(): void {
    const unavailable = { code: 14, details: "broken by the test" };
    for (const call of this.#calls) call.emit("error", Object.assign(new Error("broken"), unavailable));
    this.#calls = [];
  }

  async listen(): Promise<void> {
    this.server = await serveRpc("127.0.0.1", 0, {
      Storage: {
        Append: (call: AppendCall) => this.#append(call),
        Read: (call: ServerWritableStream<ReadRequest__Output, ReadChunk>) => {
          call.write({ ...this.chunk(call.request.shardUid, call.request.fromOffset), last: true });
          call.end();
        },
        Locate: (
          call: ServerUnaryCall<LocateRequest__Output, LocateReply>,
          callback: sendUnaryData<LocateReply>,
        ): void => {
          const offset = lengthOf(this.#logs.get(call.request.shardUid) ?? []);
          callback(null, { status: "STATUS_OK", offset, commitOffset: offset });
        },
        Claim: (call: ServerUnaryCall<ClaimRequest__Output, ClaimReply>, callback: sendUnaryData<ClaimReply>): void => {
          this.claims.push(call.request);
          callback(null, { status: this.claimStatus, claimedMs: 1_700_000_000_000 });
        },
        Subscribe: (call: SubscribeCall) => this.subscribes.push({ request: call.request, call }),
      },
    });
  }

  /** Everything from `fromOffset` on as one chunk of frames. */
  chunk(shardUid: number, fromOffset: number): ReadChunk {
    const frames: Buffer[] = [];
    let baseOffset = 0;
    for (const { recordCount, userBytes, records } of this.#logs.get(shardUid) ?? []) {
      if (baseOffset + recordCount > fromOffset) {
        const draft = {
          kind: 1,
          shardUid,
          epoch: 1,
          prevEpoch: 0,
          appendIds: [],
          arrivalMs: 1_700_000_000_000,
        } as const;
        frames.push(encodeFrame({ ...draft, recordCount, userBytes, baseOffset, bodies: [records] }).bytes);
      }
      baseOffset += recordCount;
    }
    const firstOffset = Math.min(fromOffset, baseOffset);
    const recordCount = baseOffset - firstOffset;
    return { status: "STATUS_OK", frames: Buffer.concat(frames), firstOffset, recordCount, nextOffset: baseOffset };
  }

  #append(call: AppendCall): void {
    this.#calls.push(call);
    call.on("data", ({ appends }: AppendBatch__Output) => {
      for (const append of appends) {
        this.appends.push(append);
        const answered = this.answer(append);
        if (answered !== undefined) call.write({ results: [{ ...answered, correlation: append.correlation }] });
      }
    });
    call.on("end", () => call.end());
    call.on("error", () => {});
  }
}

/** The cluster and a gateway in front of it. `stream` is called `s`, of account 000000000000 in us-east-1. */
export class FakeCluster implements AsyncDisposable {
  readonly nodes: FakeNode[];
  readonly #watches = new Set<ServerWritableStream<WatchMapRequest__Output, ClusterMapMessage>>();
  #snapshot: ClusterMapUpdate | undefined;
  #version = 1;
  #coordinator: RpcServer | undefined;
  #gateway: RunningGateway | undefined;

  constructor(nodeCount: number) {
    const logs = new Map<number, Append__Output[]>();
    this.nodes = Array.from({ length: nodeCount }, (_, index) => new FakeNode(`node-${index}`, logs));
  }

  get gateway(): RunningGateway {
    if (this.#gateway === undefined) throw new TypeError("started first");
    return this.#gateway;
  }

  /** The node at `index`. */
  node(index: number): FakeNode {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`no node ${index}`);
    return node;
  }

  /** Starts everything with these shards of stream 1, the gateway by `clock`. */
  async start(
    shards: readonly ShardEntry[],
    extra: Partial<ClusterMapUpdate> = {},
    { clock = realClock, limits = "off" }: { readonly clock?: Clock; readonly limits?: "aws" | "off" } = {},
  ): Promise<this> {
    for (const node of this.nodes) await node.listen();
    this.#snapshot = { ...emptyUpdate(1), ...this.#base(), shards, ...extra, reset: true };
    this.#coordinator = await serveRpc("127.0.0.1", 0, {
      Coordinator: {
        FindActive: (_call: unknown, callback: (error: null, value: object) => void) =>
          callback(null, { active: true, coordinatorTerm: 1 }),
        Register: refuse,
        Heartbeat: refuse,
        Control: refuse,
        WatchMap: (call: ServerWritableStream<WatchMapRequest__Output, ClusterMapMessage>) => {
          this.#watches.add(call);
          call.on("cancelled", () => this.#watches.delete(call));
          call.write(messageOf(this.#snapshot ?? emptyUpdate(1)));
        },
      },
    });
    this.#gateway = await startGateway({
      config: defaultConfig("gateway", { port: 0, limits, coordinators: [`127.0.0.1:${this.#coordinator.port}`] }),
      logger: createLogger({ role: "gateway", level: "silent" }),
      registry: new MetricsRegistry({ role: "gateway", version: "test" }),
      clock,
      random: realRandom,
    });
    await this.#gateway.whenReady(5_000);
    return this;
  }

  /** Publishes a delta. */
  publish(delta: Partial<ClusterMapUpdate>): void {
    this.#version += 1;
    for (const call of this.#watches) call.write(messageOf({ ...emptyUpdate(this.#version), ...delta }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.close();
    for (const node of this.nodes) await node.server?.close(0);
    await this.#coordinator?.close(0);
  }

  #base(): Partial<ClusterMapUpdate> {
    return {
      nodes: this.nodes.map(({ nodeId, server }) => ({
        nodeId,
        zone: "a",
        address: `127.0.0.1:${server?.port ?? 0}`,
        alive: true,
      })),
      streams: [STREAM],
    };
  }
}

/** A shard of stream 1, open and led by node 0 over all hash keys unless `fields` say otherwise. */
export function shardEntry(fields: Partial<ShardEntry> = {}): ShardEntry {
  return {
    shardUid: 1,
    streamUid: 1,
    shardIndex: 0,
    startingHashKey: "0",
    endingHashKey: String((1n << 128n) - 1n),
    state: "open",
    createdSeconds: 1_600_000_000,
    closedMs: 0,
    endOffset: 0,
    parentShardUids: [],
    epoch: 1,
    leader: "node-0",
    replicas: [],
    ...fields,
  };
}

/** Sends one request of the API, signed with nothing that is verified; its status and parsed body. */
export async function callApi(
  cluster: FakeCluster,
  operation: string,
  input: object | string,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const reply = await fetch(cluster.gateway.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `Kinesis_20131202.${operation}`,
      "x-amz-date": "20261120T190000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0",
      ...headers,
    },
    body: typeof input === "string" ? input : JSON.stringify(input),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

function originalOf(append: Append__Output, log: readonly Append__Output[]): number {
  return log.findIndex(({ appendId }) => appendId.length === 16 && appendId.equals(append.appendId));
}

function lengthOf(log: readonly Append__Output[]): number {
  return log.reduce((sum, { recordCount }) => sum + recordCount, 0);
}

function emptyUpdate(version: number): ClusterMapUpdate {
  return {
    version,
    reset: false,
    clusterId: "test",
    tokenKey: "42".repeat(32),
    coordinatorMs: 0,
    protocolVersion: 1,
    nodes: [],
    removedNodeIds: [],
    streams: [],
    removedStreamUids: [],
    shards: [],
    removedShardUids: [],
    consumers: [],
    removedConsumerArns: [],
  };
}

function messageOf(update: ClusterMapUpdate): ClusterMapMessage {
  return update as unknown as ClusterMapMessage;
}

function refuse(): void {}
