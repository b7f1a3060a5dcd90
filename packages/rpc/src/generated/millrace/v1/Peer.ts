// Original file: proto/millrace/v1/peer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { PeerBatch as _millrace_v1_PeerBatch, PeerBatch__Output as _millrace_v1_PeerBatch__Output } from '../../millrace/v1/PeerBatch.ts';
import type { ReadFrameReply as _millrace_v1_ReadFrameReply, ReadFrameReply__Output as _millrace_v1_ReadFrameReply__Output } from '../../millrace/v1/ReadFrameReply.ts';
import type { ReadFrameRequest as _millrace_v1_ReadFrameRequest, ReadFrameRequest__Output as _millrace_v1_ReadFrameRequest__Output } from '../../millrace/v1/ReadFrameRequest.ts';

export interface PeerClient extends grpc.Client {
  Exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>;
  Exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>;
  exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>;
  exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>;
  
  ReadFrame(argument: _millrace_v1_ReadFrameRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReadFrameReply__Output>): grpc.ClientUnaryCall;
  ReadFrame(argument: _millrace_v1_ReadFrameRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReadFrameReply__Output>): grpc.ClientUnaryCall;
  ReadFrame(argument: _millrace_v1_ReadFrameRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReadFrameReply__Output>): grpc.ClientUnaryCall;
  ReadFrame(argument: _millrace_v1_ReadFrameRequest, callback: grpc.requestCallback<_millrace_v1_ReadFrameReply__Output>): grpc.ClientUnaryCall;
  readFrame(argument: _millrace_v1_ReadFrameRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReadFrameReply__Output>): grpc.ClientUnaryCall;
  readFrame(argument: _millrace_v1_ReadFrameRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReadFrameReply__Output>): grpc.ClientUnaryCall;
  readFrame(argument: _millrace_v1_ReadFrameRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReadFrameReply__Output>): grpc.ClientUnaryCall;
  readFrame(argument: _millrace_v1_ReadFrameRequest, callback: grpc.requestCallback<_millrace_v1_ReadFrameReply__Output>): grpc.ClientUnaryCall;
  
}

export interface PeerHandlers extends grpc.UntypedServiceImplementation {
  Exchange: grpc.handleBidiStreamingCall<_millrace_v1_PeerBatch__Output, _millrace_v1_PeerBatch>;
  
  ReadFrame: grpc.handleUnaryCall<_millrace_v1_ReadFrameRequest__Output, _millrace_v1_ReadFrameReply>;
  
}

export interface PeerDefinition extends grpc.ServiceDefinition {
  Exchange: MethodDefinition<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output, _millrace_v1_PeerBatch__Output>
  ReadFrame: MethodDefinition<_millrace_v1_ReadFrameRequest, _millrace_v1_ReadFrameReply, _millrace_v1_ReadFrameRequest__Output, _millrace_v1_ReadFrameReply__Output>
}
