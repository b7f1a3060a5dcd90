/** Loads `proto/` once and hands out its service definitions. The only file that knows `@grpc/proto-loader`. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { assert } from "@millrace/base";
import type { ProtoGrpcType as ClusterTypes } from "./generated/cluster.ts";
import type { ProtoGrpcType as PeerTypes } from "./generated/peer.ts";
import type { ProtoGrpcType as StorageTypes } from "./generated/storage.ts";

/** Name of an internal service. */
export type ServiceName = "Storage" | "Peer" | "Coordinator" | "ReplicaControl";

type Services = ClusterTypes["millrace"]["v1"] & PeerTypes["millrace"]["v1"] & StorageTypes["millrace"]["v1"];

let loaded: { definition: PackageDefinition; services: Services } | undefined;

/** Directory that holds `millrace/v1/*.proto`: the repository's, or the one packed beside the compiled code. */
export function protoDirectory(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const found = [join(here, "../proto"), join(here, "../../../proto")].find((path) => existsSync(path));
  assert(found !== undefined, "the proto directory lies beside the rpc package");
  return found;
}

/** All internal services of `proto/`, typed. Numbers are JS numbers, enums strings, absent fields their defaults. */
export function services(): Services {
  return load().services;
}

/** The raw definition, for reflection. */
export function packageDefinition(): PackageDefinition {
  return load().definition;
}

function load(): { definition: PackageDefinition; services: Services } {
  if (loaded === undefined) {
    const definition = loadSync(["millrace/v1/storage.proto", "millrace/v1/cluster.proto"], {
      includeDirs: [protoDirectory()],
      longs: Number,
      enums: String,
      defaults: true,
    });
    const root = loadPackageDefinition(definition) as unknown as { millrace: { v1: Services } };
    loaded = { definition, services: root.millrace.v1 };
  }
  return loaded;
}
