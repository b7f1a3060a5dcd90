/** A whole coordinator over a store in memory, fake nodes and a clock that moves when told. For tests only. */
import { assert, type Clock, type Random } from "@millrace/base";
import type { ClusterMapUpdate } from "@millrace/model";
import { protocolFields, type ControlReply, type OperateReply, type RegisterReply } from "@millrace/rpc";
import { createLogger, defaultConfig, MetricsRegistry } from "@millrace/runtime";
import type { ShardRecord } from "../../state/cluster-state.ts";
import { decodeRecord } from "../../state/record-codec.ts";
import { openMemoryMetadataStore } from "../../store/memory-metadata-store.ts";
import type { Operations } from "../../operate/operate-contract.ts";
import { Coordinator } from "../coordinator.ts";
import { fakeCalls, FakeNode, FakeStream } from "./fake-nodes.ts";

const STEP_MS = 100;

/** See the file comment. Nodes beat at every step unless they are deaf. */
export class FakeCluster {
  readonly records: Map<string, Uint8Array> = new Map();
  readonly nodes: Map<string, FakeNode> = new Map();
  coordinator: Coordinator | undefined;
  limits: "aws" | "off" = "off";
  /** How far all wall clocks have been moved on, and how far the coordinator's alone. */
  skippedMs = 0;
  wallErrorMs = 0;
  #nowMs = 1_000_000;
  #timers: { dueMs: number; callback: () => void }[] = [];
  #uuids = 0;

  /** Starts a coordinator and, unless they are running, nodes a, b, c. */
  async start(nodeIds: readonly string[] = ["a", "b", "c"]): Promise<void> {
    const clock: Clock = {
      nowMs: () => this.#nowMs + this.skippedMs + this.wallErrorMs,
      monotonicMs: () => this.#nowMs,
      schedule: (delayMs, callback) => {
        const timer = { dueMs: this.#nowMs + delayMs, callback };
        this.#timers.push(timer);
        return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
      },
    };
    const random: Random = {
      bytes: (count) => new Uint8Array(count),
      uuid: () => `uuid-${(this.#uuids += 1)}`,
      float: () => 0.5,
    };
    this.coordinator = await Coordinator.open({
      config: defaultConfig("coordinator", { settleMs: 0, limits: this.limits }),
      logger: createLogger({ role: "coordinator", level: "silent" }),
      registry: new MetricsRegistry({ role: "coordinator", version: "test" }),
      clock,
      random,
      store: openMemoryMetadataStore(this.records),
      onFatal: (error) => {
        throw error;
      },
      makeCalls: () => fakeCalls(this.nodes),
    });
    for (const nodeId of nodeIds) if (!this.nodes.has(nodeId)) await this.join(nodeId);
  }

  /** The coordinator's process dies; heartbeat streams break. */
  stop(): void {
    this.coordinator?.stop();
    this.coordinator = undefined;
    this.#timers = [];
    for (const node of this.nodes.values()) node.stream = undefined;
  }

  /** A node registers, with the next boot when it was there before. */
  async join(
    nodeId: string,
    overrides: Partial<Record<"boot" | "protocolVersionMin" | "protocolVersionMax", number>> & {
      readonly clusterId?: string;
    } = {},
  ): Promise<RegisterReply> {
    const known = this.nodes.get(nodeId);
    const node = known ?? new FakeNode(nodeId);
    this.nodes.set(nodeId, node);
    node.deaf = false;
    node.boot = overrides.boot ?? (known === undefined ? 1 : node.boot + 1);
    // `a2` is another node in the zone of `a`.
    const zone = `zone-${nodeId.slice(0, 1)}`;
    const request = { nodeId, boot: node.boot, zone, address: `${nodeId}:1`, clusterId: "" };
    return this.#unary<RegisterReply>("Register", {
      ...request,
      ...protocolFields(),
      capacityBytes: 0,
      replicas: node.held(),
      ...overrides,
    });
  }

  /** Calls a control operation, the same one again with the same `requestId`; a Kinesis error is thrown as `<type>: <message>`. */
  async control(operation: string, input: object, requestId = ""): Promise<unknown> {
    const caller = { accountId: "000000000000", region: "us-east-1", principalArn: "", requestId };
    const inputJson = Buffer.from(JSON.stringify(input));
    const reply = await this.#unary<ControlReply>("Control", { operation, inputJson, ...caller });
    if (reply.errorType !== "") throw new Error(`${reply.errorType}: ${reply.errorMessage}`);
    const output = Buffer.from(reply.outputJson ?? "");
    return output.length === 0 ? undefined : JSON.parse(output.toString());
  }

  /** One operator's command. */
  async operate<O extends keyof Operations>(
    operation: O,
    input: Operations[O]["input"],
  ): Promise<Operations[O]["output"]> {
    const inputJson = Buffer.from(JSON.stringify(input));
    const reply = await this.#unary<OperateReply>("Operate", { operation, inputJson });
    return JSON.parse(Buffer.from(reply.outputJson ?? "").toString()) as Operations[O]["output"];
  }

  /** Lets `durationMs` pass, with heartbeats, ticks and everything that follows from them. */
  async pass(durationMs: number): Promise<void> {
    for (const endMs = this.#nowMs + durationMs; this.#nowMs < endMs;) {
      this.#nowMs += STEP_MS;
      for (const node of this.nodes.values()) this.#beat(node);
      this.coordinator?.tick();
      for (let round = 0; round < 8; round += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        const due = this.#timers.filter((timer) => timer.dueMs <= this.#nowMs);
        this.#timers = this.#timers.filter((timer) => timer.dueMs > this.#nowMs);
        for (const timer of due) timer.callback();
      }
    }
  }

  /** Stored shards by uid. */
  shards(): ShardRecord[] {
    return this.#table("shard") as ShardRecord[];
  }

  /** Stored tombstones. */
  tombstones(): unknown[] {
    return this.#table("tombstone");
  }

  /** Shards as `uid:state leader@epoch`. */
  summary(): string[] {
    return this.shards().map(({ shardUid, state, leader, epoch }) => `${shardUid}:${state} ${leader}@${epoch}`);
  }

  /** The first update a new watcher gets. */
  map(): ClusterMapUpdate {
    const got: ClusterMapUpdate[] = [];
    const request = { holder: "test", haveVersion: 0, ...protocolFields() };
    const stream = Object.assign(new FakeStream(), { request, write: (update: ClusterMapUpdate) => got.push(update) });
    this.#handler("WatchMap")(stream);
    const [first] = got;
    assert(first !== undefined, "a watcher gets a snapshot at once");
    return first;
  }

  #table(table: string): unknown[] {
    const records = [...this.records]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => decodeRecord(key, value));
    return records.filter((record) => record.table === table).map((record) => record.value);
  }

  #beat(node: FakeNode): void {
    if (node.deaf || this.coordinator === undefined) return;
    if (node.stream === undefined) {
      node.stream = new FakeStream();
      this.#handler("Heartbeat")(node.stream);
    }
    node.stream.emit("data", { ...node.report(), nowMs: this.#nowMs + this.skippedMs });
  }

  #unary<Reply>(method: string, request: object): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#handler(method)({ request }, (error: { details: string } | null, reply: Reply) => {
        if (error === null) resolve(reply);
        else reject(new Error(error.details));
      });
    });
  }

  #handler(method: string): (...args: unknown[]) => void {
    assert(this.coordinator !== undefined, "a coordinator is running");
    return this.coordinator.handlers[method] as unknown as (...args: unknown[]) => void;
  }
}
