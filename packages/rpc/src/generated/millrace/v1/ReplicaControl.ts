// Original file: proto/millrace/v1/cluster.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ConfirmOpenRequest as _millrace_v1_ConfirmOpenRequest, ConfirmOpenRequest__Output as _millrace_v1_ConfirmOpenRequest__Output } from '../../millrace/v1/ConfirmOpenRequest.ts';
import type { CreateReplicasRequest as _millrace_v1_CreateReplicasRequest, CreateReplicasRequest__Output as _millrace_v1_CreateReplicasRequest__Output } from '../../millrace/v1/CreateReplicasRequest.ts';
import type { DigestLogReply as _millrace_v1_DigestLogReply, DigestLogReply__Output as _millrace_v1_DigestLogReply__Output } from '../../millrace/v1/DigestLogReply.ts';
import type { DigestLogRequest as _millrace_v1_DigestLogRequest, DigestLogRequest__Output as _millrace_v1_DigestLogRequest__Output } from '../../millrace/v1/DigestLogRequest.ts';
import type { DropRequest as _millrace_v1_DropRequest, DropRequest__Output as _millrace_v1_DropRequest__Output } from '../../millrace/v1/DropRequest.ts';
import type { HandOverRequest as _millrace_v1_HandOverRequest, HandOverRequest__Output as _millrace_v1_HandOverRequest__Output } from '../../millrace/v1/HandOverRequest.ts';
import type { ImportFramesReply as _millrace_v1_ImportFramesReply, ImportFramesReply__Output as _millrace_v1_ImportFramesReply__Output } from '../../millrace/v1/ImportFramesReply.ts';
import type { ImportFramesRequest as _millrace_v1_ImportFramesRequest, ImportFramesRequest__Output as _millrace_v1_ImportFramesRequest__Output } from '../../millrace/v1/ImportFramesRequest.ts';
import type { PingReply as _millrace_v1_PingReply, PingReply__Output as _millrace_v1_PingReply__Output } from '../../millrace/v1/PingReply.ts';
import type { PingRequest as _millrace_v1_PingRequest, PingRequest__Output as _millrace_v1_PingRequest__Output } from '../../millrace/v1/PingRequest.ts';
import type { ReadFramesReply as _millrace_v1_ReadFramesReply, ReadFramesReply__Output as _millrace_v1_ReadFramesReply__Output } from '../../millrace/v1/ReadFramesReply.ts';
import type { ReadFramesRequest as _millrace_v1_ReadFramesRequest, ReadFramesRequest__Output as _millrace_v1_ReadFramesRequest__Output } from '../../millrace/v1/ReadFramesRequest.ts';
import type { RecoverRequest as _millrace_v1_RecoverRequest, RecoverRequest__Output as _millrace_v1_RecoverRequest__Output } from '../../millrace/v1/RecoverRequest.ts';
import type { ReplicaResults as _millrace_v1_ReplicaResults, ReplicaResults__Output as _millrace_v1_ReplicaResults__Output } from '../../millrace/v1/ReplicaResults.ts';
import type { ResumeReplicasRequest as _millrace_v1_ResumeReplicasRequest, ResumeReplicasRequest__Output as _millrace_v1_ResumeReplicasRequest__Output } from '../../millrace/v1/ResumeReplicasRequest.ts';
import type { SealReplies as _millrace_v1_SealReplies, SealReplies__Output as _millrace_v1_SealReplies__Output } from '../../millrace/v1/SealReplies.ts';
import type { SealRequest as _millrace_v1_SealRequest, SealRequest__Output as _millrace_v1_SealRequest__Output } from '../../millrace/v1/SealRequest.ts';
import type { SetLearnersRequest as _millrace_v1_SetLearnersRequest, SetLearnersRequest__Output as _millrace_v1_SetLearnersRequest__Output } from '../../millrace/v1/SetLearnersRequest.ts';
import type { ShardEpochs as _millrace_v1_ShardEpochs, ShardEpochs__Output as _millrace_v1_ShardEpochs__Output } from '../../millrace/v1/ShardEpochs.ts';

export interface ReplicaControlClient extends grpc.Client {
  CloseShards(argument: _millrace_v1_ShardEpochs, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  CloseShards(argument: _millrace_v1_ShardEpochs, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  CloseShards(argument: _millrace_v1_ShardEpochs, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  CloseShards(argument: _millrace_v1_ShardEpochs, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  closeShards(argument: _millrace_v1_ShardEpochs, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  closeShards(argument: _millrace_v1_ShardEpochs, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  closeShards(argument: _millrace_v1_ShardEpochs, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  closeShards(argument: _millrace_v1_ShardEpochs, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  
  ConfirmOpen(argument: _millrace_v1_ConfirmOpenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  ConfirmOpen(argument: _millrace_v1_ConfirmOpenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  ConfirmOpen(argument: _millrace_v1_ConfirmOpenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  ConfirmOpen(argument: _millrace_v1_ConfirmOpenRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  confirmOpen(argument: _millrace_v1_ConfirmOpenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  confirmOpen(argument: _millrace_v1_ConfirmOpenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  confirmOpen(argument: _millrace_v1_ConfirmOpenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  confirmOpen(argument: _millrace_v1_ConfirmOpenRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  
  CreateReplicas(argument: _millrace_v1_CreateReplicasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  CreateReplicas(argument: _millrace_v1_CreateReplicasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  CreateReplicas(argument: _millrace_v1_CreateReplicasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  CreateReplicas(argument: _millrace_v1_CreateReplicasRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  createReplicas(argument: _millrace_v1_CreateReplicasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  createReplicas(argument: _millrace_v1_CreateReplicasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  createReplicas(argument: _millrace_v1_CreateReplicasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  createReplicas(argument: _millrace_v1_CreateReplicasRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  
  DigestLog(argument: _millrace_v1_DigestLogRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_DigestLogReply__Output>): grpc.ClientUnaryCall;
  DigestLog(argument: _millrace_v1_DigestLogRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_DigestLogReply__Output>): grpc.ClientUnaryCall;
  DigestLog(argument: _millrace_v1_DigestLogRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_DigestLogReply__Output>): grpc.ClientUnaryCall;
  DigestLog(argument: _millrace_v1_DigestLogRequest, callback: grpc.requestCallback<_millrace_v1_DigestLogReply__Output>): grpc.ClientUnaryCall;
  digestLog(argument: _millrace_v1_DigestLogRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_DigestLogReply__Output>): grpc.ClientUnaryCall;
  digestLog(argument: _millrace_v1_DigestLogRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_DigestLogReply__Output>): grpc.ClientUnaryCall;
  digestLog(argument: _millrace_v1_DigestLogRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_DigestLogReply__Output>): grpc.ClientUnaryCall;
  digestLog(argument: _millrace_v1_DigestLogRequest, callback: grpc.requestCallback<_millrace_v1_DigestLogReply__Output>): grpc.ClientUnaryCall;
  
  DropReplicas(argument: _millrace_v1_DropRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  DropReplicas(argument: _millrace_v1_DropRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  DropReplicas(argument: _millrace_v1_DropRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  DropReplicas(argument: _millrace_v1_DropRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  dropReplicas(argument: _millrace_v1_DropRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  dropReplicas(argument: _millrace_v1_DropRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  dropReplicas(argument: _millrace_v1_DropRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  dropReplicas(argument: _millrace_v1_DropRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  
  HandOver(argument: _millrace_v1_HandOverRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  HandOver(argument: _millrace_v1_HandOverRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  HandOver(argument: _millrace_v1_HandOverRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  HandOver(argument: _millrace_v1_HandOverRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  handOver(argument: _millrace_v1_HandOverRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  handOver(argument: _millrace_v1_HandOverRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  handOver(argument: _millrace_v1_HandOverRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  handOver(argument: _millrace_v1_HandOverRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  
  ImportFrames(argument: _millrace_v1_ImportFramesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ImportFramesReply__Output>): grpc.ClientUnaryCall;
  ImportFrames(argument: _millrace_v1_ImportFramesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ImportFramesReply__Output>): grpc.ClientUnaryCall;
  ImportFrames(argument: _millrace_v1_ImportFramesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ImportFramesReply__Output>): grpc.ClientUnaryCall;
  ImportFrames(argument: _millrace_v1_ImportFramesRequest, callback: grpc.requestCallback<_millrace_v1_ImportFramesReply__Output>): grpc.ClientUnaryCall;
  importFrames(argument: _millrace_v1_ImportFramesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ImportFramesReply__Output>): grpc.ClientUnaryCall;
  importFrames(argument: _millrace_v1_ImportFramesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ImportFramesReply__Output>): grpc.ClientUnaryCall;
  importFrames(argument: _millrace_v1_ImportFramesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ImportFramesReply__Output>): grpc.ClientUnaryCall;
  importFrames(argument: _millrace_v1_ImportFramesRequest, callback: grpc.requestCallback<_millrace_v1_ImportFramesReply__Output>): grpc.ClientUnaryCall;
  
  Ping(argument: _millrace_v1_PingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_PingReply__Output>): grpc.ClientUnaryCall;
  Ping(argument: _millrace_v1_PingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_PingReply__Output>): grpc.ClientUnaryCall;
  Ping(argument: _millrace_v1_PingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_PingReply__Output>): grpc.ClientUnaryCall;
  Ping(argument: _millrace_v1_PingRequest, callback: grpc.requestCallback<_millrace_v1_PingReply__Output>): grpc.ClientUnaryCall;
  ping(argument: _millrace_v1_PingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_PingReply__Output>): grpc.ClientUnaryCall;
  ping(argument: _millrace_v1_PingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_PingReply__Output>): grpc.ClientUnaryCall;
  ping(argument: _millrace_v1_PingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_PingReply__Output>): grpc.ClientUnaryCall;
  ping(argument: _millrace_v1_PingRequest, callback: grpc.requestCallback<_millrace_v1_PingReply__Output>): grpc.ClientUnaryCall;
  
  ReadFrames(argument: _millrace_v1_ReadFramesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReadFramesReply__Output>): grpc.ClientUnaryCall;
  ReadFrames(argument: _millrace_v1_ReadFramesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReadFramesReply__Output>): grpc.ClientUnaryCall;
  ReadFrames(argument: _millrace_v1_ReadFramesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReadFramesReply__Output>): grpc.ClientUnaryCall;
  ReadFrames(argument: _millrace_v1_ReadFramesRequest, callback: grpc.requestCallback<_millrace_v1_ReadFramesReply__Output>): grpc.ClientUnaryCall;
  readFrames(argument: _millrace_v1_ReadFramesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReadFramesReply__Output>): grpc.ClientUnaryCall;
  readFrames(argument: _millrace_v1_ReadFramesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReadFramesReply__Output>): grpc.ClientUnaryCall;
  readFrames(argument: _millrace_v1_ReadFramesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReadFramesReply__Output>): grpc.ClientUnaryCall;
  readFrames(argument: _millrace_v1_ReadFramesRequest, callback: grpc.requestCallback<_millrace_v1_ReadFramesReply__Output>): grpc.ClientUnaryCall;
  
  Recover(argument: _millrace_v1_RecoverRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  Recover(argument: _millrace_v1_RecoverRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  Recover(argument: _millrace_v1_RecoverRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  Recover(argument: _millrace_v1_RecoverRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  recover(argument: _millrace_v1_RecoverRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  recover(argument: _millrace_v1_RecoverRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  recover(argument: _millrace_v1_RecoverRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  recover(argument: _millrace_v1_RecoverRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  
  ResumeReplicas(argument: _millrace_v1_ResumeReplicasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  ResumeReplicas(argument: _millrace_v1_ResumeReplicasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  ResumeReplicas(argument: _millrace_v1_ResumeReplicasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  ResumeReplicas(argument: _millrace_v1_ResumeReplicasRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  resumeReplicas(argument: _millrace_v1_ResumeReplicasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  resumeReplicas(argument: _millrace_v1_ResumeReplicasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  resumeReplicas(argument: _millrace_v1_ResumeReplicasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  resumeReplicas(argument: _millrace_v1_ResumeReplicasRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  
  Seal(argument: _millrace_v1_SealRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_SealReplies__Output>): grpc.ClientUnaryCall;
  Seal(argument: _millrace_v1_SealRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_SealReplies__Output>): grpc.ClientUnaryCall;
  Seal(argument: _millrace_v1_SealRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_SealReplies__Output>): grpc.ClientUnaryCall;
  Seal(argument: _millrace_v1_SealRequest, callback: grpc.requestCallback<_millrace_v1_SealReplies__Output>): grpc.ClientUnaryCall;
  seal(argument: _millrace_v1_SealRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_SealReplies__Output>): grpc.ClientUnaryCall;
  seal(argument: _millrace_v1_SealRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_SealReplies__Output>): grpc.ClientUnaryCall;
  seal(argument: _millrace_v1_SealRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_SealReplies__Output>): grpc.ClientUnaryCall;
  seal(argument: _millrace_v1_SealRequest, callback: grpc.requestCallback<_millrace_v1_SealReplies__Output>): grpc.ClientUnaryCall;
  
  SetLearners(argument: _millrace_v1_SetLearnersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  SetLearners(argument: _millrace_v1_SetLearnersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  SetLearners(argument: _millrace_v1_SetLearnersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  SetLearners(argument: _millrace_v1_SetLearnersRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  setLearners(argument: _millrace_v1_SetLearnersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  setLearners(argument: _millrace_v1_SetLearnersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  setLearners(argument: _millrace_v1_SetLearnersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  setLearners(argument: _millrace_v1_SetLearnersRequest, callback: grpc.requestCallback<_millrace_v1_ReplicaResults__Output>): grpc.ClientUnaryCall;
  
}

export interface ReplicaControlHandlers extends grpc.UntypedServiceImplementation {
  CloseShards: grpc.handleUnaryCall<_millrace_v1_ShardEpochs__Output, _millrace_v1_ReplicaResults>;
  
  ConfirmOpen: grpc.handleUnaryCall<_millrace_v1_ConfirmOpenRequest__Output, _millrace_v1_ReplicaResults>;
  
  CreateReplicas: grpc.handleUnaryCall<_millrace_v1_CreateReplicasRequest__Output, _millrace_v1_ReplicaResults>;
  
  DigestLog: grpc.handleUnaryCall<_millrace_v1_DigestLogRequest__Output, _millrace_v1_DigestLogReply>;
  
  DropReplicas: grpc.handleUnaryCall<_millrace_v1_DropRequest__Output, _millrace_v1_ReplicaResults>;
  
  HandOver: grpc.handleUnaryCall<_millrace_v1_HandOverRequest__Output, _millrace_v1_ReplicaResults>;
  
  ImportFrames: grpc.handleUnaryCall<_millrace_v1_ImportFramesRequest__Output, _millrace_v1_ImportFramesReply>;
  
  Ping: grpc.handleUnaryCall<_millrace_v1_PingRequest__Output, _millrace_v1_PingReply>;
  
  ReadFrames: grpc.handleUnaryCall<_millrace_v1_ReadFramesRequest__Output, _millrace_v1_ReadFramesReply>;
  
  Recover: grpc.handleUnaryCall<_millrace_v1_RecoverRequest__Output, _millrace_v1_ReplicaResults>;
  
  ResumeReplicas: grpc.handleUnaryCall<_millrace_v1_ResumeReplicasRequest__Output, _millrace_v1_ReplicaResults>;
  
  Seal: grpc.handleUnaryCall<_millrace_v1_SealRequest__Output, _millrace_v1_SealReplies>;
  
  SetLearners: grpc.handleUnaryCall<_millrace_v1_SetLearnersRequest__Output, _millrace_v1_ReplicaResults>;
  
}

export interface ReplicaControlDefinition extends grpc.ServiceDefinition {
  CloseShards: MethodDefinition<_millrace_v1_ShardEpochs, _millrace_v1_ReplicaResults, _millrace_v1_ShardEpochs__Output, _millrace_v1_ReplicaResults__Output>
  ConfirmOpen: MethodDefinition<_millrace_v1_ConfirmOpenRequest, _millrace_v1_ReplicaResults, _millrace_v1_ConfirmOpenRequest__Output, _millrace_v1_ReplicaResults__Output>
  CreateReplicas: MethodDefinition<_millrace_v1_CreateReplicasRequest, _millrace_v1_ReplicaResults, _millrace_v1_CreateReplicasRequest__Output, _millrace_v1_ReplicaResults__Output>
  DigestLog: MethodDefinition<_millrace_v1_DigestLogRequest, _millrace_v1_DigestLogReply, _millrace_v1_DigestLogRequest__Output, _millrace_v1_DigestLogReply__Output>
  DropReplicas: MethodDefinition<_millrace_v1_DropRequest, _millrace_v1_ReplicaResults, _millrace_v1_DropRequest__Output, _millrace_v1_ReplicaResults__Output>
  HandOver: MethodDefinition<_millrace_v1_HandOverRequest, _millrace_v1_ReplicaResults, _millrace_v1_HandOverRequest__Output, _millrace_v1_ReplicaResults__Output>
  ImportFrames: MethodDefinition<_millrace_v1_ImportFramesRequest, _millrace_v1_ImportFramesReply, _millrace_v1_ImportFramesRequest__Output, _millrace_v1_ImportFramesReply__Output>
  Ping: MethodDefinition<_millrace_v1_PingRequest, _millrace_v1_PingReply, _millrace_v1_PingRequest__Output, _millrace_v1_PingReply__Output>
  ReadFrames: MethodDefinition<_millrace_v1_ReadFramesRequest, _millrace_v1_ReadFramesReply, _millrace_v1_ReadFramesRequest__Output, _millrace_v1_ReadFramesReply__Output>
  Recover: MethodDefinition<_millrace_v1_RecoverRequest, _millrace_v1_ReplicaResults, _millrace_v1_RecoverRequest__Output, _millrace_v1_ReplicaResults__Output>
  ResumeReplicas: MethodDefinition<_millrace_v1_ResumeReplicasRequest, _millrace_v1_ReplicaResults, _millrace_v1_ResumeReplicasRequest__Output, _millrace_v1_ReplicaResults__Output>
  Seal: MethodDefinition<_millrace_v1_SealRequest, _millrace_v1_SealReplies, _millrace_v1_SealRequest__Output, _millrace_v1_SealReplies__Output>
  SetLearners: MethodDefinition<_millrace_v1_SetLearnersRequest, _millrace_v1_ReplicaResults, _millrace_v1_SetLearnersRequest__Output, _millrace_v1_ReplicaResults__Output>
}
