/** A cluster of separate processes on loopback. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { awaitReady } from "./await-ready.ts";
import type { ProcessDescription } from "./cluster-description.ts";
import { planCluster, type PlannedPorts, type PlannedProcess } from "./cluster-plan.ts";
import { chooseGrpcPort, freePort } from "./free-port.ts";
import { awaitLeftovers, removeProcessRecord, writeProcessRecord } from "./process-record.ts";
import type { RunningCluster, StartRequest } from "./running-cluster.ts";
import { SupervisedProcess } from "./supervised-process.ts";
import type { UpOptions } from "./up-options.ts";

const READY_TIMEOUT_MS = 60_000;

/** Starts the coordinators, then nodes and gateway at once. When any does not come up, all are ended and it throws. */
export async function startProcesses({ options, tls, say }: StartRequest): Promise<RunningCluster> {
  await awaitLeftovers(options.dataDir, say);
  const ports = await choosePorts(options);
  const logs = join(options.dataDir, "logs");
  const planned = planCluster(options, ports, tls);
  const directories = planned.filter((plan) => plan.role === "storage-node").map((plan) => plan.name);
  for (const name of ["logs", "coordinator", ...directories]) {
    mkdirSync(join(options.dataDir, name), { recursive: true });
  }
  let up = false;
  const children = planned.map(
    (plan) =>
      new SupervisedProcess({
        role: plan.role,
        name: plan.name,
        argv: plan.argv,
        logFile: join(logs, `${plan.name}.log`),
        onChange: (event) => {
          record();
          if (up) say(`${plan.name} ${event}`);
        },
        onRetired: () => {
          record();
          const directory = join(options.dataDir, plan.name);
          say(`${plan.name} was decommissioned and is left out; for a new node in its place move ${directory} away`);
        },
      }),
  );
  const coordinators = children.slice(0, options.coordinators);
  const others = children.slice(options.coordinators);
  const gateway = others.at(-1);
  const nodes = others.slice(0, -1);

  function record(): void {
    const running: Parameters<typeof writeProcessRecord>[1] = Object.fromEntries(
      children.flatMap(({ pid, ready, retired, options: { name } }) =>
        pid === undefined || retired ? [] : [[name, { pid, endpoint: ready?.endpoint ?? "" }]],
      ),
    );
    writeProcessRecord(options.dataDir, running);
  }

  function kill(): void {
    for (const child of children) child.kill();
  }

  async function stop(): Promise<void> {
    up = false;
    await gateway?.stop();
    await Promise.all(nodes.map((node) => node.stop()));
    await Promise.all(coordinators.map((coordinator) => coordinator.stop()));
    removeProcessRecord(options.dataDir);
  }

  try {
    await Promise.all(coordinators.map((coordinator) => coordinator.start(READY_TIMEOUT_MS)));
    const started = await Promise.all(others.map((child) => child.start(READY_TIMEOUT_MS)));
    const admin = started.flatMap((ready, index) =>
      ready === undefined ? [] : [[others[index]?.options.name, ready.adminEndpoint]],
    );
    const isGone = (name: string): boolean => children.some((child) => child.retired && child.options.name === name);
    await awaitReady(Object.fromEntries(admin) as Record<string, string>, READY_TIMEOUT_MS, isGone);
  } catch (error) {
    await stop();
    throw error;
  }
  up = true;
  const processes = children.flatMap((child, index) => (child.retired ? [] : [describe(child, planned[index])]));
  return {
    description: {
      ready: true,
      endpoint: `${tls === null ? "http" : "https"}://127.0.0.1:${ports.gateway}`,
      grpcEndpoint: ports.grpc === null ? null : `127.0.0.1:${ports.grpc}`,
      adminEndpoints: Object.fromEntries(processes.map((child) => [child.name, child.adminEndpoint])),
      dataDir: options.dataDir,
      certificateFile: tls?.certificateFile ?? null,
      processes,
    },
    stop,
    kill,
  };
}

function describe(child: SupervisedProcess, plan: PlannedProcess | undefined): ProcessDescription {
  const { role, name } = child.options;
  const ready = child.ready;
  return {
    role,
    name,
    id: ready?.id ?? name,
    ...(plan?.zone === undefined ? {} : { zone: plan.zone }),
    pid: child.pid ?? 0,
    endpoint: ready?.endpoint ?? "",
    adminEndpoint: ready?.adminEndpoint ?? "",
  };
}

async function choosePorts(options: UpOptions): Promise<PlannedPorts> {
  const taken = new Set<number>();
  const several = async (count: number): Promise<number[]> => {
    const ports: number[] = [];
    while (ports.length < count) ports.push(await freePort(taken));
    return ports;
  };
  return {
    coordinators: await several(options.coordinators),
    nodes: await several(options.nodes),
    admin: await several(options.coordinators + options.nodes + 1),
    gateway: options.port === 0 ? await freePort(taken) : options.port,
    grpc: await chooseGrpcPort(options, taken),
  };
}
