// Original file: proto/millrace/v1/peer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { PeerBatch as _millrace_v1_PeerBatch, PeerBatch__Output as _millrace_v1_PeerBatch__Output } from '../../millrace/v1/PeerBatch.ts';

export interface PeerClient extends grpc.Client {
  Exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>;
  Exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>;
  exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>;
  exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>;
  
}

export interface PeerHandlers extends grpc.UntypedServiceImplementation {
  Exchange: grpc.handleBidiStreamingCall<_millrace_v1_PeerBatch__Output, _millrace_v1_PeerBatch>;
  
}

export interface PeerDefinition extends grpc.ServiceDefinition {
  Exchange: MethodDefinition<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output, _millrace_v1_PeerBatch__Output>
}
