/** gRPC servers of the processes: services in, listening port out. */
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { ServiceError } from "@millrace/base";
import { channelOptions } from "./channel-options.ts";
import { services } from "./load.ts";

/** Name of an internal service. */
export type ServiceName = "Storage" | "Peer" | "Coordinator" | "ReplicaControl";

/** A listening server. `port` is the one really bound. */
export interface RpcServer extends AsyncDisposable {
  readonly port: number;
  /** Stops taking calls, gives running ones `graceMs`, then ends them. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

/** Listens on `host:port` (0 picks a free port) with the given services. Fails with USAGE when the address is taken. */
export async function serveRpc(
  host: string,
  port: number,
  implementations: Partial<Record<ServiceName, UntypedServiceImplementation>>,
): Promise<RpcServer> {
  const server = new Server(channelOptions);
  const all = services();
  for (const [name, implementation] of Object.entries(implementations)) {
    server.addService(all[name as ServiceName].service, implementation);
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error)
        reject(new ServiceError("USAGE", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
      else resolve(boundPort);
    });
  });
  let closing: Promise<void> | undefined;
  const close = (graceMs = 500): Promise<void> => {
    closing ??= new Promise((resolve) => {
      const timer = setTimeout(() => server.forceShutdown(), graceMs);
      server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return closing;
  };
  return { port: bound, close, [Symbol.asyncDispose]: () => close() };
}
