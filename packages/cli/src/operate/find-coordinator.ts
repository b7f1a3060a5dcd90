/** Where an operator's command finds its coordinator, and what the processes of a cluster on this machine are called. */
import { resolve } from "node:path";
import { ServiceError } from "@millrace/base";
import { readNodeNames } from "../cluster/node-names.ts";
import { readRecord } from "../cluster/process-record.ts";

/** The options that every operator's command has. */
export interface ClusterOptions {
  readonly dataDir: string;
  readonly coordinator?: string;
  readonly json: boolean;
}

/** A cluster to talk to. */
export interface ClusterAddress {
  /** host:port of coordinators, any of which may be the active one. */
  readonly coordinators: readonly string[];
  /** Names that `millrace up` gave, by the address the process serves at. */
  readonly names: ReadonlyMap<string, string>;
  /** The same names by node id, also of nodes that do not run. */
  readonly namesById: ReadonlyMap<string, string>;
  /** The command that starts the cluster, when it is one of `millrace up`. */
  readonly startWith?: string;
}

/** Errors: USAGE when nothing says where the cluster is, or what does is no address. */
export function findCluster({ dataDir, coordinator }: ClusterOptions): ClusterAddress {
  const record = Object.entries(readRecord(resolve(dataDir)));
  const names = new Map(record.map(([name, { endpoint }]) => [endpoint, name]));
  const namesById = readNodeNames(resolve(dataDir));
  const given = (coordinator ?? process.env["MILLRACE_COORDINATORS"] ?? "").split(",").filter((each) => each !== "");
  const wrong = given.find((each) => !/^[^:\s]+:\d{1,5}$/.test(each));
  if (wrong !== undefined) throw new ServiceError("USAGE", `a coordinator is named as host:port, not "${wrong}"`);
  if (given.length > 0) return { coordinators: given, names, namesById };
  const recorded = record.filter(([name, { endpoint }]) => name.startsWith("coordinator") && endpoint !== "");
  if (recorded.length === 0) {
    const how = "name its directory with --data-dir, or a coordinator with --coordinator host:port";
    throw new ServiceError("USAGE", `no cluster runs in ${resolve(dataDir)}; ${how}`);
  }
  const startWith = `npx millrace up${resolve(dataDir) === resolve(".millrace") ? "" : ` --data-dir ${dataDir}`}`;
  return { coordinators: recorded.map(([, { endpoint }]) => endpoint), names, namesById, startWith };
}
