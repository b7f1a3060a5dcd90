/** Loads the part of etcd's API in `proto/etcd` once. */
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType } from "../generated/etcd.ts";
import { protoDirectory } from "../load.ts";

type EtcdServices = Pick<ProtoGrpcType["etcdserverpb"], "KV" | "Lease">;

let loaded: EtcdServices | undefined;

/**
 * The services, typed. 64-bit numbers are JS numbers: revisions stay below 2^53 for any cluster's life, and lease numbers are of our
 * choice.
 */
export function etcdServices(): EtcdServices {
  if (loaded === undefined) {
    const definition = loadSync("etcd/v3/etcd.proto", {
      includeDirs: [protoDirectory()],
      longs: Number,
      enums: String,
      defaults: true,
    });
    loaded = (loadPackageDefinition(definition) as unknown as ProtoGrpcType).etcdserverpb;
  }
  return loaded;
}
