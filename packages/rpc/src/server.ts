/** Servers of the processes: services in, listening port out. */
import { rpcTransport, type RpcServer, type ServiceImplementations } from "./transport.ts";

/** Listens on `host:port` (0 picks a free port) with the given services. Fails with USAGE when the address is taken. */
export function serveRpc(host: string, port: number, implementations: ServiceImplementations): Promise<RpcServer> {
  return rpcTransport().listen(host, port, implementations);
}
