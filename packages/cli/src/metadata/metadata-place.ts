/** Where an operator's command finds metadata: a coordinator's directory, or etcd. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { ServiceError } from "@millrace/base";
import { etcdOptions, requireEtcd, type EtcdPlace, type MetadataPlace } from "@millrace/coordinator";
import { loadConfig } from "@millrace/runtime";

/** The options of every such command. */
export interface PlaceOptions {
  readonly dataDir?: string;
  readonly etcd?: string;
  readonly etcdPrefix: string;
  readonly json: boolean;
}

/** The one place that is named. Errors: USAGE when none is or both are. */
export function placeOf(options: PlaceOptions): Promise<MetadataPlace> {
  if (options.dataDir !== undefined && options.etcd === undefined) {
    return Promise.resolve({ dataDir: coordinatorDirectory(options.dataDir) });
  }
  if (options.dataDir !== undefined) throw new ServiceError("USAGE", "give --data-dir or --etcd, not both");
  return etcdPlace(options);
}

/** The etcd that is named; the files of its certificates come from the environment, as coordinators take them. Errors: USAGE when it does not answer. */
export async function etcdPlace({ etcd, etcdPrefix }: Pick<PlaceOptions, "etcd" | "etcdPrefix">): Promise<EtcdPlace> {
  if (etcd === undefined) throw new ServiceError("USAGE", "name the place: --data-dir or --etcd");
  const argv = [`--etcd-endpoints=${etcd}`, `--etcd-prefix=${etcdPrefix}`];
  const options = await etcdOptions(await loadConfig("coordinator", { argv, env: process.env }));
  if (options === undefined) throw new ServiceError("USAGE", "--etcd names no endpoint");
  await requireEtcd(options);
  return { etcd: options, prefix: etcdPrefix };
}

/** The directory of the coordinator in that of a `millrace up`, or the one given. */
export function coordinatorDirectory(dataDir: string): string {
  const inside = join(resolve(dataDir), "coordinator");
  return existsSync(inside) ? inside : resolve(dataDir);
}
