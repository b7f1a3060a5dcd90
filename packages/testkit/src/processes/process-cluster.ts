/**
 * A cluster whose processes are started, hurt and repaired one by one, with a network between them that can be broken.
 * `launchCluster` is what users run; this is what a test of disasters needs.
 */
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FaultyNetwork } from "../faults/faulty-network.ts";
import { ClusterProcess, type ClusterProcessOptions } from "./cluster-process.ts";

const POLL_MS = 50;
/** A peer this many records behind a leader that takes puts is as good as level with it. */
const IN_FLIGHT_RECORDS = 200;
const WHOLE_TIMES = 3;
/** Below the range from which systems choose ports of outgoing connections: a port must be free while its owner restarts. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const ZONES = ["a", "b", "c"] as const;

/** What to start. `dataDir` exists or can be made; its caller removes it. */
export interface ProcessClusterOptions {
  readonly dataDir: string;
  readonly nodes: number;
  readonly gateways: number;
  /** Processes reach each other without the faulty network between them, whose bytes all pass through this process. */
  readonly direct?: boolean;
  /** Settings of all processes, as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** More environment variables of one process. */
  readonly envOf?: (name: string) => Readonly<Record<string, string>>;
}

/** See the file comment. Limits are off. */
export class ProcessCluster {
  readonly network: FaultyNetwork;
  readonly processes: ReadonlyMap<string, ClusterProcess>;
  /** Ports of the gateways. */
  readonly gatewayPorts: readonly number[];
  /** `host:port` of the coordinator, past the faulty network. */
  readonly coordinatorAddress: string;
  readonly #dataDir: string;

  private constructor(
    dataDir: string,
    network: FaultyNetwork,
    processes: ReadonlyMap<string, ClusterProcess>,
    addresses: { readonly gatewayPorts: readonly number[]; readonly coordinatorPort: number },
  ) {
    this.#dataDir = dataDir;
    this.network = network;
    this.processes = processes;
    this.gatewayPorts = addresses.gatewayPorts;
    this.coordinatorAddress = `127.0.0.1:${addresses.coordinatorPort}`;
  }

  /** Starts everything; resolves when all of it is ready. */
  static async start(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const { dataDir, nodes, gateways, direct = false } = options;
    const processes = new Map<string, ClusterProcess>();
    const network = new FaultyNetwork(
      () => new Map([...processes].flatMap(([name, { pid }]) => (pid === undefined ? [] : [[name, pid]]))),
    );
    const serve = async (name: string, port: number): Promise<number> => (direct ? port : network.serve(name, port));
    mkdirSync(join(dataDir, "logs"), { recursive: true });
    const [coordinatorPort = 0, ...ports] = await freePorts(2 * (1 + nodes + gateways));
    const adminPorts = ports.slice(nodes + gateways);
    const coordinators = `--coordinators=127.0.0.1:${await serve("coordinator", coordinatorPort)}`;
    const add = (role: ClusterProcessOptions["role"], name: string, argv: readonly string[]): void => {
      const adminPort = adminPorts[processes.size] ?? 0;
      const logFile = join(dataDir, "logs", `${name}.log`);
      const all = ["--limits=off", `--admin-port=${adminPort}`, ...argv];
      const env = { ...options.env, ...options.envOf?.(name) };
      processes.set(name, new ClusterProcess({ role, name, argv: all, env, logFile, adminPort }));
    };
    add("coordinator", "coordinator", [
      `--listen-port=${coordinatorPort}`,
      `--data-dir=${join(dataDir, "coordinator")}`,
      `--replication-factor=${nodes >= 3 ? 3 : 1}`,
    ]);
    for (let index = 0; index < nodes; index += 1) {
      const name = `node-${index + 1}`;
      const port = ports[index] ?? 0;
      add("storage-node", name, [
        `--listen-port=${port}`,
        `--advertise-address=127.0.0.1:${await serve(name, port)}`,
        `--data-dir=${join(dataDir, name)}`,
        `--zone=${ZONES[index % ZONES.length]}`,
        coordinators,
      ]);
    }
    const gatewayPorts = ports.slice(nodes, nodes + gateways);
    gatewayPorts.forEach((port, index) => add("gateway", `gateway-${index + 1}`, [`--port=${port}`, coordinators]));
    const cluster = new ProcessCluster(dataDir, network, processes, { gatewayPorts, coordinatorPort });
    for (const each of processes.values()) each.start();
    try {
      await cluster.waitReady(60_000);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** The process of this name. Throws when there is none. */
  process(name: string): ClusterProcess {
    const found = this.processes.get(name);
    if (found === undefined) throw new Error(`no process ${name}`);
    return found;
  }

  /** Names of the processes of a role. */
  namesOf(role: ClusterProcessOptions["role"]): string[] {
    return [...this.processes.values()]
      .filter(({ options }) => options.role === role)
      .map(({ options }) => options.name);
  }

  /** The data directory of a process. */
  directoryOf(name: string): string {
    return join(this.#dataDir, name);
  }

  /** Resolves when every process answers ready; throws with the names of the others when that takes too long. */
  async waitReady(timeoutMs: number): Promise<void> {
    const giveUpMs = performance.now() + timeoutMs;
    for (;;) {
      const unready: string[] = [];
      for (const [name, each] of this.processes) if (!(await each.isReady())) unready.push(name);
      if (unready.length === 0) return;
      if (performance.now() > giveUpMs) throw new Error(`not ready in time: ${unready.join(", ")}`);
      await delay(POLL_MS);
    }
  }

  /**
   * Whether every shard has a leader and all its copies: all nodes live, nothing is being given a leader, and no peer is
   * more behind than what puts keep in flight.
   */
  async isWhole(): Promise<boolean> {
    const nodes = this.namesOf("storage-node");
    const coordinator = this.process("coordinator");
    if ((await coordinator.metric("coordinator_epoch_changes_running")) !== 0) return false;
    for (const name of nodes) {
      const lag = await this.process(name).metric("replication_lag_records");
      if (lag === undefined || lag > IN_FLIGHT_RECORDS || !(await this.process(name).isReady())) return false;
    }
    return (await coordinator.metric("coordinator_nodes_alive")) === nodes.length;
  }

  /** {@link isWhole} three times in a row within `timeoutMs`; answers whether it came to that. */
  async waitWhole(timeoutMs: number): Promise<boolean> {
    const giveUpMs = performance.now() + timeoutMs;
    for (let times = 0; times < WHOLE_TIMES;) {
      times = (await this.isWhole()) ? times + 1 : 0;
      if (performance.now() > giveUpMs) return false;
      await delay(4 * POLL_MS);
    }
    return true;
  }

  /** Ends everything in order: gateways, nodes, coordinator. */
  async stop(): Promise<void> {
    this.network.heal();
    for (const role of ["gateway", "storage-node", "coordinator"] as const) {
      await Promise.all(this.namesOf(role).map((name) => this.process(name).stop()));
    }
    this.network.close();
  }
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
