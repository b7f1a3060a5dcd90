/** The definition of `kinesis.proto`, for its server and its clients. */
import { loadPackageDefinition, type ServiceClientConstructor } from "@grpc/grpc-js";
import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { protoDirectory } from "./load.ts";

/** Messages as plain objects: camelCase, bytes as Buffers, 64-bit numbers as numbers, absent fields absent. */
export function publicDefinition(): PackageDefinition {
  return loadSync("millrace/v1/kinesis.proto", { includeDirs: [protoDirectory()], longs: Number, enums: String });
}

/** The client constructor of the service `millrace.v1.Kinesis`; its `service` is what servers implement. */
export function publicKinesis(definition: PackageDefinition): ServiceClientConstructor {
  const root = loadPackageDefinition(definition) as unknown as {
    millrace: { v1: { Kinesis: ServiceClientConstructor } };
  };
  return root.millrace.v1.Kinesis;
}
