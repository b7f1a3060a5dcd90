/** Which processes a cluster consists of, and the arguments each is started with. Pure: ports are decided before. */
import { join } from "node:path";
import { ServiceError } from "@millrace/base";
import type { Role } from "@millrace/runtime";
import type { UpOptions } from "./up-options.ts";

const ZONES = ["a", "b", "c"] as const;
const COPIES = 3;

/** Chosen ports, constant as long as the cluster runs. */
export interface PlannedPorts {
  readonly coordinator: number;
  readonly nodes: readonly number[];
  /** One for each process, in the order coordinator, nodes, gateway. */
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

/** Coordinator first, gateway last: the order of starting, reversed that of stopping. */
export function planCluster(options: UpOptions, ports: PlannedPorts, tls: TlsFiles | null): PlannedProcess[] {
  const { limits, dataDir } = options;
  const coordinators = `127.0.0.1:${ports.coordinator}`;
  const adminPort = (index: number): number => ports.admin[index] ?? 0;
  const coordinator: PlannedProcess = {
    role: "coordinator",
    name: "coordinator",
    argv: flags({
      limits,
      "listen-port": ports.coordinator,
      "admin-port": adminPort(0),
      "data-dir": join(dataDir, "coordinator"),
      "replication-factor": copiesFor(options.nodes),
    }),
  };
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
        "admin-port": adminPort(index + 1),
        "data-dir": join(dataDir, name),
        zone,
        coordinators,
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
      "admin-port": adminPort(ports.nodes.length + 1),
      coordinators,
      "tls-cert": tls?.certificateFile ?? null,
      "tls-key": tls?.keyFile ?? null,
    }),
  };
  return [coordinator, ...nodes, gateway];
}

function flags(values: Readonly<Record<string, string | number | null>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [`--${name}=${value}`]));
}
