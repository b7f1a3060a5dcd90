/** Which processes a cluster consists of, and the arguments each is started with. Pure: ports are decided before. */
import { join } from "node:path";
import { ServiceError } from "@millrace/base";
import type { Role } from "@millrace/runtime";
import type { UpOptions } from "./up-options.ts";

const ZONES = ["a", "b", "c"] as const;
const COPIES = 3;

/** Chosen ports, constant as long as the cluster runs. */
export interface PlannedPorts {
  readonly coordinators: readonly number[];
  readonly nodes: readonly number[];
  /** One for each process, in the order coordinators, nodes, gateway. */
  readonly admin: readonly number[];
  readonly gateway: number;
  readonly grpc: number | null;
}

/** A self-signed pair, when the gateway is to speak TLS. Paths. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** One process to start. */
export interface PlannedProcess {
  readonly role: Role;
  readonly name: string;
  readonly zone?: string;
  readonly argv: readonly string[];
}

/** How many copies a cluster of `nodes` storage nodes keeps. Errors: USAGE for two nodes, which can keep neither. */
export function copiesFor(nodes: number): number {
  if (nodes === 1) return 1;
  if (nodes >= COPIES) return COPIES;
  throw new ServiceError("USAGE", "--nodes must be 1 (one copy) or at least 3 (three copies in three zones)");
}

/** The zone of the storage node with this index, from 0. */
export function zoneOf(index: number): string {
  return ZONES[index % ZONES.length] ?? ZONES[0];
}

/** Errors: USAGE for several coordinators without an etcd to elect one of them. */
export function checkCoordinators({ coordinators, etcd }: Pick<UpOptions, "coordinators" | "etcd">): void {
  if (coordinators === 1 || etcd !== undefined) return;
  throw new ServiceError("USAGE", "--coordinators above 1 needs --etcd: several keep the metadata there and elect one");
}

/** Coordinators first, gateway last: the order of starting, reversed that of stopping. */
export function planCluster(options: UpOptions, ports: PlannedPorts, tls: TlsFiles | null): PlannedProcess[] {
  const { limits, dataDir } = options;
  const addresses = ports.coordinators.map((port) => `127.0.0.1:${port}`).join(",");
  const adminPort = (index: number): number => ports.admin[index] ?? 0;
  const coordinators = ports.coordinators.map((port, index): PlannedProcess => ({
    role: "coordinator",
    name: ports.coordinators.length === 1 ? "coordinator" : `coordinator-${index + 1}`,
    argv: flags({
      limits,
      "listen-port": port,
      "admin-port": adminPort(index),
      // One for all: with etcd they keep nothing there, and look whether metadata were left behind in it.
      "data-dir": join(dataDir, "coordinator"),
      "etcd-endpoints": options.etcd?.join(",") ?? null,
      "etcd-prefix": options.etcd === undefined ? null : options.etcdPrefix,
      "replication-factor": copiesFor(options.nodes),
    }),
  }));
  const nodes = ports.nodes.map((port, index): PlannedProcess => {
    const name = `node-${index + 1}`;
    const zone = zoneOf(index);
    return {
      role: "storage-node",
      name,
      zone,
      argv: flags({
        limits,
        "listen-port": port,
        "admin-port": adminPort(coordinators.length + index),
        "data-dir": join(dataDir, name),
        zone,
        coordinators: addresses,
      }),
    };
  });
  const gateway: PlannedProcess = {
    role: "gateway",
    name: "gateway",
    argv: flags({
      limits,
      port: ports.gateway,
      "grpc-port": ports.grpc,
      "admin-port": adminPort(coordinators.length + nodes.length),
      coordinators: addresses,
      "tls-cert": tls?.certificateFile ?? null,
      "tls-key": tls?.keyFile ?? null,
    }),
  };
  return [...coordinators, ...nodes, gateway];
}

function flags(values: Readonly<Record<string, string | number | null>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [`--${name}=${value}`]));
}
