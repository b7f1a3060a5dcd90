/** A whole cluster: the product's own start functions, on simulated machines. A machine whose process ended is started again by whoever asks. */
import { startCoordinator } from "@millrace/coordinator";
import { openGateway } from "@millrace/gateway";
import { replaceRpcTransport } from "@millrace/rpc";
import { defaultConfig } from "@millrace/runtime";
import { startStorageNode } from "@millrace/storage-node";
import { MetadataChecks } from "../checks/metadata.ts";
import { ReplicaWatch } from "../checks/replica-watch.ts";
import { ETCD_PORT, SimulatedEtcd } from "../etcd/simulated-etcd.ts";
import { SimulatedDisk, type DiskSins } from "../world/simulated-disk.ts";
import type { HttpEndpoint } from "../world/simulated-http.ts";
import { NOTICE_MS, SimulatedNetwork } from "../world/simulated-network.ts";
import { SimulatedProcess } from "../world/simulated-process.ts";
import { SimulatedRpc } from "../world/simulated-rpc.ts";
import type { Simulation } from "../world/simulation.ts";
import { processLog } from "./process-log.ts";
import { silentMetrics, type QueueDepths } from "./silent-metrics.ts";
import { SimulatedMetadata } from "./simulated-metadata.ts";

/** What a machine does in the cluster. */
export type MachineRole = "coordinator" | "etcd" | "storage-node" | "gateway";

/** One machine. `process` is undefined while nothing runs on it. */
export interface Machine {
  readonly name: string;
  readonly role: MachineRole;
  readonly zone: string;
  disk: SimulatedDisk;
  process: SimulatedProcess | undefined;
  /** Error of its wall clock and drift of its clocks, which outlive the process. */
  wallErrorMs: number;
  drift: number;
  /** Lost for good: it never starts again. */
  isGone: boolean;
}

/** How large the cluster is. */
export interface ClusterShape {
  readonly coordinators: number;
  /** Members of the etcd that holds the metadata; 0: they lie with the only coordinator. */
  readonly etcdMembers: number;
  readonly storageNodes: number;
  readonly gateways: number;
  /** A storage node that is dead for so long is replaced. */
  readonly replaceAfterMs: number;
}

const PORT = 7000;
const ZONES = ["a", "b", "c"];
/** Nothing of a simulated machine lies in the real file system. */
const NO_DIRECTORY = "/dev/null/simulated";
/** Small, so that a run of two minutes sees many segments, and reads that miss the cache. */
const SEGMENT_BYTES = 64 * 1024;
const TAIL_CACHE_BYTES = 16 * 1024;
/** Often, for the same reason. */
const RETENTION_EVERY_MS = 3000;
/** Small, so that it is full when nothing commits for a while. */
export const APPEND_QUEUE_BYTES: number = 32 * 1024;

/** See the file comment. */
export class SimulatedCluster {
  readonly simulation: Simulation;
  readonly network: SimulatedNetwork;
  /** What the coordinators share; `etcd` is the same when it is one. */
  readonly metadata: SimulatedMetadata | SimulatedEtcd;
  readonly etcd: SimulatedEtcd | undefined;
  readonly checks: MetadataChecks;
  readonly #watch: ReplicaWatch;
  /** What destroys synced data strikes here only: no shard has two copies in one zone. */
  readonly unluckyZone: string;
  readonly #machines: Machine[];
  readonly #sins: DiskSins;
  readonly #replaceAfterMs: number;
  readonly #hosts = new WeakMap<SimulatedProcess, string>();
  readonly #endpoints = new Map<string, HttpEndpoint>();
  readonly #queueDepths = new Map<SimulatedProcess, () => QueueDepths>();
  readonly rpc: SimulatedRpc;

  constructor(simulation: Simulation, shape: ClusterShape, sins: DiskSins = {}) {
    this.simulation = simulation;
    this.network = new SimulatedNetwork(simulation);
    this.rpc = new SimulatedRpc(simulation, this.network, (process) => this.hostOf(process));
    this.#sins = sins;
    this.#replaceAfterMs = shape.replaceAfterMs;
    this.unluckyZone = simulation.dice.forConcern("unlucky zone").pick(ZONES) ?? "a";
    this.#machines = [
      ...this.#make("coordinator", shape.coordinators),
      ...this.#make("etcd", shape.etcdMembers),
      ...this.#make("storage-node", shape.storageNodes),
      ...this.#make("gateway", shape.gateways),
    ];
    const checks = new MetadataChecks((error) => simulation.violate(error));
    this.checks = checks;
    this.#watch = new ReplicaWatch(
      (shardUid) => checks.parentsOf(shardUid),
      (error) => simulation.violate(error),
    );
    checks.onClosed = ({ shardUid, endOffset }) => this.#watch.endStored(shardUid, endOffset);
    const members = this.ofRole("etcd");
    const onTrouble = (what: string): void => simulation.happened(what);
    if (members.length === 0) {
      this.metadata = new SimulatedMetadata((key, value) => checks.stored(key, value));
      this.metadata.onTrouble = onTrouble;
      return;
    }
    const runs = (member: string): boolean => {
      const process = members.find(({ name }) => name === member)?.process;
      return process?.alive === true && !process.paused;
    };
    const names = members.map(({ name }) => name);
    this.metadata = this.etcd = new SimulatedEtcd({ simulation, network: this.network, members: names, isUp: runs });
    this.etcd.onTrouble = onTrouble;
    this.etcd.onWritten = (written) => checks.written(written);
  }

  /** Runs `work` with the cluster's network in place of gRPC. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    replaceRpcTransport(this.rpc);
    const endWatch = this.#watch.begin();
    try {
      return await work();
    } finally {
      replaceRpcTransport(undefined);
      endWatch();
      for (const { process } of this.machines) process?.kill();
    }
  }

  get machines(): readonly Machine[] {
    return this.#machines;
  }

  ofRole(role: MachineRole): readonly Machine[] {
    return this.#machines.filter((machine) => machine.role === role);
  }

  /** A new machine for one more storage node; it does not run yet. */
  addStorageNode(zone: string): Machine {
    const machine = this.#makeOne(`storage-node-${this.ofRole("storage-node").length + 1}`, "storage-node", zone);
    this.#machines.push(machine);
    return machine;
  }

  /** Where the cluster's process on a machine listens. */
  addressOf({ name }: Machine): string {
    return `${name}:${PORT}`;
  }

  /** Whether every shard has two whole copies elsewhere: what destroys synced data may strike here without breaking a promise. */
  mayLose(machine: Machine): boolean {
    const nodeId = this.checks.nodeAt(this.addressOf(machine))?.nodeId;
    return this.checks.shards.every(({ set, pending }) => {
      const elsewhere = set.filter((place) => place.nodeId !== nodeId);
      const whole = elsewhere.filter(({ replicaUuid }) => this.#watch.isWhole(replicaUuid));
      return pending === undefined && set.length > 0 && whole.length === elsewhere.length && whole.length >= 2;
    });
  }

  /** Whether all copies of every shard end at the same offset, synced. */
  get areLevel(): boolean {
    return this.checks.shards.every(({ set }) => this.#watch.areLevel(set.map(({ replicaUuid }) => replicaUuid)));
  }

  /** Whether every shard on this machine can do without it: damage may then be found there. Shards are made after a bit has turned, too. */
  #mayFindDamage(machine: Machine): boolean {
    const nodeId = this.checks.nodeAt(this.addressOf(machine))?.nodeId;
    return this.checks.shards
      .filter(({ set }) => set.some((place) => place.nodeId === nodeId))
      .every(({ set }) => set.every((place) => place.nodeId === nodeId || this.#watch.counts(place.replicaUuid)));
  }

  /** How full the queues of each running storage node are. */
  queueDepths(): (readonly [string, QueueDepths])[] {
    return [...this.#queueDepths]
      .map(([{ name }, depths]) => [name, depths()] as const)
      .filter(([, depths]) => depths.size > 0);
  }

  hostOf(process: SimulatedProcess): string {
    return this.#hosts.get(process) ?? process.name;
  }

  /** The gateway that listens on a host. */
  endpoint(host: string): HttpEndpoint | undefined {
    return this.#endpoints.get(host);
  }

  /** Starts the machine's process unless it runs, or can never run again. */
  start(machine: Machine): void {
    if (machine.process?.alive === true || machine.isGone) return;
    const { simulation } = this;
    if (!this.#mayFindDamage(machine) && machine.disk.mend())
      simulation.transcript.tell(machine.name, "has no turned bits any more");
    const process = new SimulatedProcess(simulation, machine.name);
    process.wallErrorMs = machine.wallErrorMs;
    process.drift = machine.drift;
    if (process.drift !== 0) simulation.happened("process with a drifting clock");
    machine.process = process;
    this.#hosts.set(process, machine.name);
    simulation.transcript.tell(machine.name, "starts");
    simulation.after(0, process, () => {
      this.#run(machine, process).catch((error: unknown) => {
        simulation.transcript.tell(machine.name, `cannot start: ${String(error)}`);
        this.kill(machine);
      });
    });
  }

  /** The process dies; what it wrote stays. */
  kill(machine: Machine): void {
    if (machine.process?.alive !== true) return;
    this.simulation.transcript.tell(machine.name, "dies");
    machine.process.kill();
  }

  /** The machine loses power: unsynced bytes are lost or torn. */
  losePower(machine: Machine): void {
    this.simulation.transcript.tell(machine.name, "loses power");
    machine.process?.kill();
    machine.disk.losePower();
  }

  /** The machine ends with all it holds, for good. */
  lose(machine: Machine): void {
    this.empty(machine);
    machine.isGone = true;
    this.simulation.transcript.tell(machine.name, "is lost for good");
  }

  /** The process dies and the disk is replaced by an empty one: whoever starts there is somebody else. */
  empty(machine: Machine): void {
    this.kill(machine);
    machine.disk = new SimulatedDisk(this.simulation, `${machine.name} since ${this.simulation.nowMs}`, this.#sins);
    this.simulation.transcript.tell(machine.name, "has an empty disk");
  }

  /** The process stands still; after a while its connections are given up by the others. */
  pause(machine: Machine): void {
    const { process } = machine;
    if (process?.alive !== true || process.paused) return;
    this.simulation.transcript.tell(machine.name, "is paused");
    process.pause();
    this.simulation.after(NOTICE_MS, undefined, () => {
      if (process.paused) this.#loseConnections(machine.name);
    });
  }

  resume(machine: Machine): void {
    if (machine.process?.paused !== true) return;
    this.simulation.transcript.tell(machine.name, "resumes");
    machine.process.resume();
  }

  #loseConnections(host: string): void {
    for (const { name } of this.machines) if (name !== host) this.network.loseConnections(host, name);
  }

  #make(role: MachineRole, count: number): Machine[] {
    return Array.from({ length: count }, (_, index) =>
      this.#makeOne(`${role}-${index + 1}`, role, ZONES[index % ZONES.length] ?? "a"),
    );
  }

  #makeOne(name: string, role: MachineRole, zone: string): Machine {
    const disk = new SimulatedDisk(this.simulation, name, this.#sins);
    return { name, role, zone, disk, process: undefined, wallErrorMs: 0, drift: 0, isGone: false };
  }

  async #run(machine: Machine, process: SimulatedProcess): Promise<void> {
    const { simulation } = this;
    const { name, zone, disk } = machine;
    const metrics = silentMetrics((error) => simulation.violate(error));
    const common = {
      logger: processLog(simulation, name),
      registry: metrics.registry,
      clock: process.clock,
      random: simulation.dice.forConcern(`${name} since ${simulation.nowMs}`).random,
      serveAdmin: noAdmin,
      onFatal: (error: Error): void => {
        simulation.transcript.tell(name, `ends itself: ${error.message}`);
        this.kill(machine);
      },
    };
    const onRetired = (why: string): void => common.onFatal(new Error(why));
    const coordinators = this.ofRole("coordinator").map((each) => this.addressOf(each));
    switch (machine.role) {
      case "coordinator": {
        const etcdEndpoints = this.ofRole("etcd").map((each) => `http://${each.name}:${ETCD_PORT}`);
        const config = defaultConfig("coordinator", {
          listenHost: name,
          listenPort: PORT,
          dataDir: NO_DIRECTORY,
          etcdEndpoints: etcdEndpoints.length === 0 ? null : etcdEndpoints,
          limits: "off",
          settleMs: 0,
          replaceAfterMs: this.#replaceAfterMs,
        });
        const { metadata } = this;
        const embedded = metadata instanceof SimulatedMetadata ? { store: metadata.openedBy(process) } : {};
        await startCoordinator({ ...common, config, ...embedded });
        return;
      }
      case "etcd":
        return this.etcd?.serve(this.rpc, name, process);
      case "storage-node": {
        const config = defaultConfig("storage-node", {
          listenHost: name,
          listenPort: PORT,
          dataDir: "/data",
          zone,
          coordinators,
          segmentBytes: SEGMENT_BYTES,
          tailCacheBytes: TAIL_CACHE_BYTES,
          diskFloorBytes: 0,
          appendQueueBytes: APPEND_QUEUE_BYTES,
          limits: "off",
        });
        const retentionEveryMs = RETENTION_EVERY_MS;
        this.#queueDepths.set(process, metrics.queueDepths);
        process.onDeath(() => this.#queueDepths.delete(process));
        await startStorageNode({ ...common, config, onRetired, storage: disk.seams(process), retentionEveryMs });
        return;
      }
      case "gateway": {
        const config = defaultConfig("gateway", { listenHost: name, coordinators, limits: "off" });
        const gateway = openGateway({ ...common, config });
        gateway.follow(name);
        this.#endpoints.set(name, { host: name, process, handler: gateway.handler });
        process.onDeath(() => this.#endpoints.delete(name));
      }
    }
  }
}

/** The admin port is not part of a simulation. */
function noAdmin(): Promise<{ port: number; endpoint: string; close: () => Promise<void> }> {
  return Promise.resolve({ port: 0, endpoint: "", close: () => Promise.resolve() });
}
