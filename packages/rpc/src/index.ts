export { callUnary, fromGrpcError } from "./call.ts";
export { channelOptions, MESSAGE_BYTES_MAX } from "./channel-options.ts";
export { coordinatorClient, peerClient, replicaControlClient, storageClient } from "./client.ts";
export { packageDefinition, protoDirectory, services } from "./load.ts";
export { serveRpc, type RpcServer, type ServiceName } from "./server.ts";
export type * from "./generated/messages.ts";
export type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ClientDuplexStream,
  ClientReadableStream,
  sendUnaryData,
} from "@grpc/grpc-js";
