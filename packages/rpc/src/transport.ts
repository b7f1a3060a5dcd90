/**
 * How the processes of a cluster reach one another: gRPC, or a network that exists only in a simulation of a whole cluster
 * inside one process. Everything above it is the same code.
 */
import type { ChannelCredentials, UntypedServiceImplementation } from "@grpc/grpc-js";
import { connectEtcd, type EtcdMember } from "./etcd/connect-etcd.ts";
import { connectHttp2 } from "./http2/connect-http2.ts";
import { listenHttp2 } from "./http2/listen-http2.ts";
import type { ServiceName } from "./load.ts";

/** A listening server. `port` is the one really bound. */
export interface RpcServer extends AsyncDisposable {
  readonly port: number;
  /** Stops taking calls, gives running ones `graceMs`, then ends them. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

/** What a server offers, by service. */
export type ServiceImplementations = Partial<Record<ServiceName, UntypedServiceImplementation>>;

/** See the file comment. */
export interface RpcTransport {
  /** A client of a service at `host:port`, with the methods gRPC's generated client has. It connects when it is used. */
  connect(service: ServiceName, address: string): object;
  /** A connection to the member of etcd at `host:port`. */
  connectEtcd(address: string, secure: ChannelCredentials): EtcdMember;
  /** Listens; port 0 picks a free one. Rejects with USAGE when the address is taken. */
  listen(host: string, port: number, implementations: ServiceImplementations): Promise<RpcServer>;
}

const grpc: RpcTransport = { connect: connectHttp2, connectEtcd, listen: listenHttp2 };

let current = grpc;

/** The transport in force. */
export function rpcTransport(): RpcTransport {
  return current;
}

/** Puts another transport in place of gRPC for the whole process, or gRPC back when undefined. For simulations. */
export function replaceRpcTransport(transport: RpcTransport | undefined): void {
  current = transport ?? grpc;
}
