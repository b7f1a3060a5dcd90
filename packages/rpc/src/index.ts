export { ActiveCoordinator, type KnownCoordinator } from "./active-coordinator.ts";
export { awaitConnection, callUnary, fromGrpcError } from "./call.ts";
export { channelOptions, MESSAGE_BYTES_MAX } from "./channel-options.ts";
export { coordinatorClient, peerClient, replicaControlClient, storageClient } from "./client.ts";
export { EtcdClient, type EtcdOptions, type EtcdRange, type EtcdRangeQuery } from "./etcd/etcd-client.ts";
export type { EtcdMember } from "./etcd/connect-etcd.ts";
export { etcdServices } from "./etcd/load-etcd.ts";
export type {
  EtcdCondition,
  EtcdPair,
  EtcdTransaction,
  EtcdTransactionResult,
  EtcdWrite,
} from "./etcd/etcd-transaction.ts";
export { GatedService, type CurrentHandlers } from "./gated-service.ts";
export { packageDefinition, protoDirectory, services, type ServiceName } from "./load.ts";
export { decodePeerMessage, encodePeerMessage, peerMessageBytes, type PeerAddressing } from "./peer-codec.ts";
export {
  PROTOCOL_VERSION_MAX,
  protocolFields,
  protocolRefusal,
  rangeOfFields,
  speakProtocol,
  spokenProtocol,
  UPGRADE_ADVICE,
  type ProtocolRange,
} from "./protocol-version.ts";
export { serveRpc } from "./server.ts";
export { replaceRpcTransport, type RpcServer, type RpcTransport, type ServiceImplementations } from "./transport.ts";
export { toGrpcError, type GrpcStatus } from "./to-grpc-error.ts";
export {
  publicGrpcClient,
  type PublicCallOptions,
  type PublicClientOptions,
  type PublicGrpcClient,
} from "./public-client.ts";
export {
  servePublicGrpc,
  type PublicAnswer,
  type PublicCallInfo,
  type PublicFailure,
  type PublicGrpcServer,
  type PublicHandlers,
  type PublicMessage,
  type PublicStream,
} from "./serve-public-grpc.ts";
export type * from "./generated/messages.ts";
export { Metadata, status as grpcStatus } from "@grpc/grpc-js";
export type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ClientDuplexStream,
  ClientReadableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
