/** Listening over gRPC: services in, a bound port out. */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ServiceError } from "@millrace/base";
import { channelOptions } from "./channel-options.ts";
import { services, type ServiceName } from "./load.ts";
import type { RpcServer, ServiceImplementations } from "./transport.ts";

/** Listens on `host:port` (0 picks a free port) with the given services. Fails with USAGE when the address is taken. */
export async function listenGrpc(
  host: string,
  port: number,
  implementations: ServiceImplementations,
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
