// Original file: proto/millrace/v1/cluster.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ClusterMapUpdate as _millrace_v1_ClusterMapUpdate, ClusterMapUpdate__Output as _millrace_v1_ClusterMapUpdate__Output } from '../../millrace/v1/ClusterMapUpdate.ts';
import type { ControlReply as _millrace_v1_ControlReply, ControlReply__Output as _millrace_v1_ControlReply__Output } from '../../millrace/v1/ControlReply.ts';
import type { ControlRequest as _millrace_v1_ControlRequest, ControlRequest__Output as _millrace_v1_ControlRequest__Output } from '../../millrace/v1/ControlRequest.ts';
import type { FindActiveReply as _millrace_v1_FindActiveReply, FindActiveReply__Output as _millrace_v1_FindActiveReply__Output } from '../../millrace/v1/FindActiveReply.ts';
import type { FindActiveRequest as _millrace_v1_FindActiveRequest, FindActiveRequest__Output as _millrace_v1_FindActiveRequest__Output } from '../../millrace/v1/FindActiveRequest.ts';
import type { NodeDirective as _millrace_v1_NodeDirective, NodeDirective__Output as _millrace_v1_NodeDirective__Output } from '../../millrace/v1/NodeDirective.ts';
import type { NodeReport as _millrace_v1_NodeReport, NodeReport__Output as _millrace_v1_NodeReport__Output } from '../../millrace/v1/NodeReport.ts';
import type { OperateReply as _millrace_v1_OperateReply, OperateReply__Output as _millrace_v1_OperateReply__Output } from '../../millrace/v1/OperateReply.ts';
import type { OperateRequest as _millrace_v1_OperateRequest, OperateRequest__Output as _millrace_v1_OperateRequest__Output } from '../../millrace/v1/OperateRequest.ts';
import type { RegisterReply as _millrace_v1_RegisterReply, RegisterReply__Output as _millrace_v1_RegisterReply__Output } from '../../millrace/v1/RegisterReply.ts';
import type { RegisterRequest as _millrace_v1_RegisterRequest, RegisterRequest__Output as _millrace_v1_RegisterRequest__Output } from '../../millrace/v1/RegisterRequest.ts';
import type { WatchMapRequest as _millrace_v1_WatchMapRequest, WatchMapRequest__Output as _millrace_v1_WatchMapRequest__Output } from '../../millrace/v1/WatchMapRequest.ts';

export interface CoordinatorClient extends grpc.Client {
  Control(argument: _millrace_v1_ControlRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ControlReply__Output>): grpc.ClientUnaryCall;
  Control(argument: _millrace_v1_ControlRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ControlReply__Output>): grpc.ClientUnaryCall;
  Control(argument: _millrace_v1_ControlRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ControlReply__Output>): grpc.ClientUnaryCall;
  Control(argument: _millrace_v1_ControlRequest, callback: grpc.requestCallback<_millrace_v1_ControlReply__Output>): grpc.ClientUnaryCall;
  control(argument: _millrace_v1_ControlRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ControlReply__Output>): grpc.ClientUnaryCall;
  control(argument: _millrace_v1_ControlRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ControlReply__Output>): grpc.ClientUnaryCall;
  control(argument: _millrace_v1_ControlRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ControlReply__Output>): grpc.ClientUnaryCall;
  control(argument: _millrace_v1_ControlRequest, callback: grpc.requestCallback<_millrace_v1_ControlReply__Output>): grpc.ClientUnaryCall;
  
  FindActive(argument: _millrace_v1_FindActiveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_FindActiveReply__Output>): grpc.ClientUnaryCall;
  FindActive(argument: _millrace_v1_FindActiveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_FindActiveReply__Output>): grpc.ClientUnaryCall;
  FindActive(argument: _millrace_v1_FindActiveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_FindActiveReply__Output>): grpc.ClientUnaryCall;
  FindActive(argument: _millrace_v1_FindActiveRequest, callback: grpc.requestCallback<_millrace_v1_FindActiveReply__Output>): grpc.ClientUnaryCall;
  findActive(argument: _millrace_v1_FindActiveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_FindActiveReply__Output>): grpc.ClientUnaryCall;
  findActive(argument: _millrace_v1_FindActiveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_FindActiveReply__Output>): grpc.ClientUnaryCall;
  findActive(argument: _millrace_v1_FindActiveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_FindActiveReply__Output>): grpc.ClientUnaryCall;
  findActive(argument: _millrace_v1_FindActiveRequest, callback: grpc.requestCallback<_millrace_v1_FindActiveReply__Output>): grpc.ClientUnaryCall;
  
  Heartbeat(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_NodeReport, _millrace_v1_NodeDirective__Output>;
  Heartbeat(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_NodeReport, _millrace_v1_NodeDirective__Output>;
  heartbeat(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_NodeReport, _millrace_v1_NodeDirective__Output>;
  heartbeat(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_NodeReport, _millrace_v1_NodeDirective__Output>;
  
  Operate(argument: _millrace_v1_OperateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_OperateReply__Output>): grpc.ClientUnaryCall;
  Operate(argument: _millrace_v1_OperateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_OperateReply__Output>): grpc.ClientUnaryCall;
  Operate(argument: _millrace_v1_OperateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_OperateReply__Output>): grpc.ClientUnaryCall;
  Operate(argument: _millrace_v1_OperateRequest, callback: grpc.requestCallback<_millrace_v1_OperateReply__Output>): grpc.ClientUnaryCall;
  operate(argument: _millrace_v1_OperateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_OperateReply__Output>): grpc.ClientUnaryCall;
  operate(argument: _millrace_v1_OperateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_OperateReply__Output>): grpc.ClientUnaryCall;
  operate(argument: _millrace_v1_OperateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_OperateReply__Output>): grpc.ClientUnaryCall;
  operate(argument: _millrace_v1_OperateRequest, callback: grpc.requestCallback<_millrace_v1_OperateReply__Output>): grpc.ClientUnaryCall;
  
  Register(argument: _millrace_v1_RegisterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RegisterReply__Output>): grpc.ClientUnaryCall;
  Register(argument: _millrace_v1_RegisterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RegisterReply__Output>): grpc.ClientUnaryCall;
  Register(argument: _millrace_v1_RegisterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RegisterReply__Output>): grpc.ClientUnaryCall;
  Register(argument: _millrace_v1_RegisterRequest, callback: grpc.requestCallback<_millrace_v1_RegisterReply__Output>): grpc.ClientUnaryCall;
  register(argument: _millrace_v1_RegisterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RegisterReply__Output>): grpc.ClientUnaryCall;
  register(argument: _millrace_v1_RegisterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RegisterReply__Output>): grpc.ClientUnaryCall;
  register(argument: _millrace_v1_RegisterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RegisterReply__Output>): grpc.ClientUnaryCall;
  register(argument: _millrace_v1_RegisterRequest, callback: grpc.requestCallback<_millrace_v1_RegisterReply__Output>): grpc.ClientUnaryCall;
  
  WatchMap(argument: _millrace_v1_WatchMapRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ClusterMapUpdate__Output>;
  WatchMap(argument: _millrace_v1_WatchMapRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ClusterMapUpdate__Output>;
  watchMap(argument: _millrace_v1_WatchMapRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ClusterMapUpdate__Output>;
  watchMap(argument: _millrace_v1_WatchMapRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_ClusterMapUpdate__Output>;
  
}

export interface CoordinatorHandlers extends grpc.UntypedServiceImplementation {
  Control: grpc.handleUnaryCall<_millrace_v1_ControlRequest__Output, _millrace_v1_ControlReply>;
  
  FindActive: grpc.handleUnaryCall<_millrace_v1_FindActiveRequest__Output, _millrace_v1_FindActiveReply>;
  
  Heartbeat: grpc.handleBidiStreamingCall<_millrace_v1_NodeReport__Output, _millrace_v1_NodeDirective>;
  
  Operate: grpc.handleUnaryCall<_millrace_v1_OperateRequest__Output, _millrace_v1_OperateReply>;
  
  Register: grpc.handleUnaryCall<_millrace_v1_RegisterRequest__Output, _millrace_v1_RegisterReply>;
  
  WatchMap: grpc.handleServerStreamingCall<_millrace_v1_WatchMapRequest__Output, _millrace_v1_ClusterMapUpdate>;
  
}

export interface CoordinatorDefinition extends grpc.ServiceDefinition {
  Control: MethodDefinition<_millrace_v1_ControlRequest, _millrace_v1_ControlReply, _millrace_v1_ControlRequest__Output, _millrace_v1_ControlReply__Output>
  FindActive: MethodDefinition<_millrace_v1_FindActiveRequest, _millrace_v1_FindActiveReply, _millrace_v1_FindActiveRequest__Output, _millrace_v1_FindActiveReply__Output>
  Heartbeat: MethodDefinition<_millrace_v1_NodeReport, _millrace_v1_NodeDirective, _millrace_v1_NodeReport__Output, _millrace_v1_NodeDirective__Output>
  Operate: MethodDefinition<_millrace_v1_OperateRequest, _millrace_v1_OperateReply, _millrace_v1_OperateRequest__Output, _millrace_v1_OperateReply__Output>
  Register: MethodDefinition<_millrace_v1_RegisterRequest, _millrace_v1_RegisterReply, _millrace_v1_RegisterRequest__Output, _millrace_v1_RegisterReply__Output>
  WatchMap: MethodDefinition<_millrace_v1_WatchMapRequest, _millrace_v1_ClusterMapUpdate, _millrace_v1_WatchMapRequest__Output, _millrace_v1_ClusterMapUpdate__Output>
}
