/** The whole cluster in this process, one copy. Loaded modules and started parts are all that takes time here. */
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import {
  createLogger,
  defaultConfig,
  loadConfig,
  MetricsRegistry,
  productVersion,
  realClock,
  realRandom,
  type ProcessContext,
  type Role,
  type RoleConfigs,
} from "@millrace/runtime";
import { awaitReady } from "./await-ready.ts";
import { zoneOf } from "./cluster-plan.ts";
import { chooseGrpcPort, freePort } from "./free-port.ts";
import { logTo } from "./log-destination.ts";
import { awaitLeftovers, removeProcessRecord, writeProcessRecord } from "./process-record.ts";
import type { RunningCluster, StartRequest } from "./running-cluster.ts";

const READY_TIMEOUT_MS = 30_000;

interface Closable {
  close(): Promise<void>;
}

/**
 * The settings of the environment, as processes of their own would take them. Reading them loads what checks them, which is
 * spared where none is set. Ports for the processes of a cluster cannot be shared by the three and stay free ones.
 */
async function configured<R extends Role>(role: R): Promise<RoleConfigs[R]> {
  const given = Object.keys(process.env).filter((name) => name.startsWith("MILLRACE_"));
  if (given.every((name) => name === "MILLRACE_EXIT_WITH_PARENT")) return defaultConfig(role);
  return { ...(await loadConfig(role, { env: process.env })), listenPort: 0, adminPort: 0 };
}

/** Starts coordinator, one storage node and gateway here. When one does not come up, the others are closed and it throws. */
export async function startSingle({ options, tls, say }: StartRequest): Promise<RunningCluster> {
  await awaitLeftovers(options.dataDir, say);
  const loaded = Promise.all([
    import("@millrace/coordinator"),
    import("@millrace/storage-node"),
    import("@millrace/gateway"),
  ]);
  const logs = join(options.dataDir, "logs");
  const dataDirectories = [join(options.dataDir, "coordinator"), join(options.dataDir, "node-1")] as const;
  const [coordinatorDir, nodeDir] = dataDirectories;
  for (const directory of [logs, ...dataDirectories]) mkdirSync(directory, { recursive: true });
  const destination = logTo(openSync(join(logs, "single.log"), "a"));
  const registry = new MetricsRegistry({ role: "single", version: productVersion });
  const context = async <R extends Role>(role: R, config: Partial<RoleConfigs[R]>): Promise<ProcessContext<R>> => ({
    config: { ...(await configured(role)), ...config },
    logger: createLogger({ role, level: "info", destination }),
    registry,
    clock: realClock,
    random: realRandom,
  });
  const taken = new Set<number>();
  const port = options.port === 0 ? await freePort(taken) : options.port;
  const grpcPort = await chooseGrpcPort(options, taken);
  const started: Closable[] = [];

  async function stop(): Promise<void> {
    for (const part of started.splice(0).toReversed()) await part.close();
    registry.close();
    removeProcessRecord(options.dataDir);
  }

  async function begin<P extends Closable>(part: Promise<P>): Promise<P> {
    const running = await part;
    started.push(running);
    return running;
  }

  const [{ startCoordinator }, { startStorageNode }, { startGateway }] = await loaded;
  const limits = options.limits;
  try {
    const coordinator = await begin(
      startCoordinator(await context("coordinator", { limits, replicationFactor: 1, dataDir: coordinatorDir })),
    );
    const coordinators = [`${coordinator.host}:${coordinator.port}`];
    const node = await begin(
      startStorageNode(await context("storage-node", { limits, coordinators, zone: zoneOf(0), dataDir: nodeDir })),
    );
    const gateway = await begin(
      startGateway(
        await context("gateway", {
          limits,
          coordinators,
          port,
          grpcPort,
          tlsCert: tls?.certificateFile ?? null,
          tlsKey: tls?.keyFile ?? null,
        }),
      ),
    );
    const { adminEndpoint } = gateway;
    const adminEndpoints = {
      coordinator: coordinator.adminEndpoint,
      "node-1": node.ready.adminEndpoint,
      gateway: adminEndpoint,
    };
    await awaitReady(adminEndpoints, READY_TIMEOUT_MS);
    // Operators' commands find the coordinator and the node here as they do those of several processes.
    const { pid } = process;
    writeProcessRecord(options.dataDir, {
      coordinator: { pid, endpoint: coordinators[0] ?? "" },
      "node-1": { pid, endpoint: node.ready.endpoint },
      gateway: { pid, endpoint: gateway.endpoint },
    });
    return {
      description: {
        ready: true,
        endpoint: `${tls === null ? "http" : "https"}://127.0.0.1:${port}`,
        grpcEndpoint: `127.0.0.1:${grpcPort}`,
        adminEndpoints,
        dataDir: options.dataDir,
        certificateFile: tls?.certificateFile ?? null,
        processes: [
          {
            role: "single",
            name: "single",
            id: node.ready.id ?? "single",
            zone: zoneOf(0),
            pid: process.pid,
            endpoint: gateway.endpoint,
            adminEndpoint,
          },
        ],
      },
      stop,
      kill: () => undefined,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
