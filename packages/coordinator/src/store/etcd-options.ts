/** Where etcd is, and how its connections are secured, as the configuration says. */
import { readFile } from "node:fs/promises";
import { fileProblem, ServiceError } from "@millrace/base";
import type { EtcdOptions } from "@millrace/rpc";
import type { CoordinatorConfig } from "@millrace/runtime";

/** The settings of etcd. */
export type EtcdSettings = Pick<CoordinatorConfig, "etcdEndpoints" | "etcdCa" | "etcdCert" | "etcdKey">;

/** Undefined when no etcd is configured. Fails with USAGE when a file cannot be read. */
export async function etcdOptions(settings: EtcdSettings): Promise<EtcdOptions | undefined> {
  const { etcdEndpoints, etcdCa, etcdCert, etcdKey } = settings;
  if (etcdEndpoints === null) return undefined;
  if ((etcdCert === null) !== (etcdKey === null)) throw new ServiceError("USAGE", "etcdCert and etcdKey come together");
  return {
    endpoints: etcdEndpoints,
    ...(etcdCa === null ? {} : { ca: await readPem("etcdCa", etcdCa) }),
    ...(etcdCert === null ? {} : { certificate: await readPem("etcdCert", etcdCert) }),
    ...(etcdKey === null ? {} : { key: await readPem("etcdKey", etcdKey) }),
  };
}

async function readPem(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ServiceError("USAGE", `cannot read ${path} (${setting}): ${fileProblem(error)}`, { cause: error });
  }
}
