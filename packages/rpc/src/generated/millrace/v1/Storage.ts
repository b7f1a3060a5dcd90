// Original file: proto/millrace/v1/storage.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AppendBatch as _millrace_v1_AppendBatch, AppendBatch__Output as _millrace_v1_AppendBatch__Output } from '../../millrace/v1/AppendBatch.ts';
import type { AppendResultBatch as _millrace_v1_AppendResultBatch, AppendResultBatch__Output as _millrace_v1_AppendResultBatch__Output } from '../../millrace/v1/AppendResultBatch.ts';
import type { ClaimReply as _millrace_v1_ClaimReply, ClaimReply__Output as _millrace_v1_ClaimReply__Output } from '../../millrace/v1/ClaimReply.ts';
import type { ClaimRequest as _millrace_v1_ClaimRequest, ClaimRequest__Output as _millrace_v1_ClaimRequest__Output } from '../../millrace/v1/ClaimRequest.ts';
import type { LocateReply as _millrace_v1_LocateReply, LocateReply__Output as _millrace_v1_LocateReply__Output } from '../../millrace/v1/LocateReply.ts';
import type { LocateRequest as _millrace_v1_LocateRequest, LocateRequest__Output as _millrace_v1_LocateRequest__Output } from '../../millrace/v1/LocateRequest.ts';
import type { ReadChunk as _millrace_v1_ReadChunk, ReadChunk__Output as _millrace_v1_ReadChunk__Output } from '../../millrace/v1/ReadChunk.ts';
import type { ReadRequest as _millrace_v1_ReadRequest, ReadRequest__Output as _millrace_v1_ReadRequest__Output } from '../../millrace/v1/ReadRequest.ts';
import type { SubscribeRequest as _millrace_v1_SubscribeRequest, SubscribeRequest__Output as _millrace_v1_SubscribeRequest__Output } from '../../millrace/v1/SubscribeRequest.ts';

export interface StorageClient extends grpc.Client {
  Append(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_AppendBatch, _millrace_v1_AppendResultBatch__Output>;
  Append(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_AppendBatch, _millrace_v1_AppendResultBatch__Output>;
  append(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_AppendBatch, _millrace_v1_AppendResultBatch__Output>;
  append(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_AppendBatch, _millrace_v1_AppendResultBatch__Output>;
  
  Claim(argument: _millrace_v1_ClaimRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ClaimReply__Output>): grpc.ClientUnaryCall;
  Claim(argument: _millrace_v1_ClaimRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ClaimReply__Output>): grpc.ClientUnaryCall;
  Claim(argument: _millrace_v1_ClaimRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ClaimReply__Output>): grpc.ClientUnaryCall;
  Claim(argument: _millrace_v1_ClaimRequest, callback: grpc.requestCallback<_millrace_v1_ClaimReply__Output>): grpc.ClientUnaryCall;
  claim(argument: _millrace_v1_ClaimRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ClaimReply__Output>): grpc.ClientUnaryCall;
  claim(argument: _millrace_v1_ClaimRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ClaimReply__Output>): grpc.ClientUnaryCall;
  claim(argument: _millrace_v1_ClaimRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ClaimReply__Output>): grpc.ClientUnaryCall;
  claim(argument: _millrace_v1_ClaimRequest, callback: grpc.requestCallback<_millrace_v1_ClaimReply__Output>): grpc.ClientUnaryCall;
  
  Locate(argument: _millrace_v1_LocateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_LocateReply__Output>): grpc.ClientUnaryCall;
  Locate(argument: _millrace_v1_LocateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_LocateReply__Output>): grpc.ClientUnaryCall;
  Locate(argument: _millrace_v1_LocateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_LocateReply__Output>): grpc.ClientUnaryCall;
  Locate(argument: _millrace_v1_LocateRequest, callback: grpc.requestCallback<_millrace_v1_LocateReply__Output>): grpc.ClientUnaryCall;
  locate(argument: _millrace_v1_LocateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_LocateReply__Output>): grpc.ClientUnaryCall;
  locate(argument: _millrace_v1_LocateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_LocateReply__Output>): grpc.ClientUnaryCall;
  locate(argument: _millrace_v1_LocateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_LocateReply__Output>): grpc.ClientUnaryCall;
  locate(argument: _millrace_v1_LocateRequest, callback: grpc.requestCallback<_millrace_v1_LocateReply__Output>): grpc.ClientUnaryCall;
  
  Read(argument: _millrace_v1_ReadRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ReadChunk__Output>;
  Read(argument: _millrace_v1_ReadRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ReadChunk__Output>;
  read(argument: _millrace_v1_ReadRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ReadChunk__Output>;
  read(argument: _millrace_v1_ReadRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ReadChunk__Output>;
  
  Subscribe(argument: _millrace_v1_SubscribeRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ReadChunk__Output>;
  Subscribe(argument: _millrace_v1_SubscribeRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ReadChunk__Output>;
  subscribe(argument: _millrace_v1_SubscribeRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ReadChunk__Output>;
  subscribe(argument: _millrace_v1_SubscribeRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ReadChunk__Output>;
  
}

export interface StorageHandlers extends grpc.UntypedServiceImplementation {
  Append: grpc.handleBidiStreamingCall<_millrace_v1_AppendBatch__Output, _millrace_v1_AppendResultBatch>;
  
  Claim: grpc.handleUnaryCall<_millrace_v1_ClaimRequest__Output, _millrace_v1_ClaimReply>;
  
  Locate: grpc.handleUnaryCall<_millrace_v1_LocateRequest__Output, _millrace_v1_LocateReply>;
  
  Read: grpc.handleServerStreamingCall<_millrace_v1_ReadRequest__Output, _millrace_v1_ReadChunk>;
  
  Subscribe: grpc.handleServerStreamingCall<_millrace_v1_SubscribeRequest__Output, _millrace_v1_ReadChunk>;
  
}

export interface StorageDefinition extends grpc.ServiceDefinition {
  Append: MethodDefinition<_millrace_v1_AppendBatch, _millrace_v1_AppendResultBatch, _millrace_v1_AppendBatch__Output, _millrace_v1_AppendResultBatch__Output>
  Claim: MethodDefinition<_millrace_v1_ClaimRequest, _millrace_v1_ClaimReply, _millrace_v1_ClaimRequest__Output, _millrace_v1_ClaimReply__Output>
  Locate: MethodDefinition<_millrace_v1_LocateRequest, _millrace_v1_LocateReply, _millrace_v1_LocateRequest__Output, _millrace_v1_LocateReply__Output>
  Read: MethodDefinition<_millrace_v1_ReadRequest, _millrace_v1_ReadChunk, _millrace_v1_ReadRequest__Output, _millrace_v1_ReadChunk__Output>
  Subscribe: MethodDefinition<_millrace_v1_SubscribeRequest, _millrace_v1_ReadChunk, _millrace_v1_SubscribeRequest__Output, _millrace_v1_ReadChunk__Output>
}
