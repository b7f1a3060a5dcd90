import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { ClusterMapUpdate as _millrace_v1_ClusterMapUpdate, ClusterMapUpdate__Output as _millrace_v1_ClusterMapUpdate__Output } from './millrace/v1/ClusterMapUpdate.ts';
import type { ConfirmOpenRequest as _millrace_v1_ConfirmOpenRequest, ConfirmOpenRequest__Output as _millrace_v1_ConfirmOpenRequest__Output } from './millrace/v1/ConfirmOpenRequest.ts';
import type { ConsumerEntry as _millrace_v1_ConsumerEntry, ConsumerEntry__Output as _millrace_v1_ConsumerEntry__Output } from './millrace/v1/ConsumerEntry.ts';
import type { ControlReply as _millrace_v1_ControlReply, ControlReply__Output as _millrace_v1_ControlReply__Output } from './millrace/v1/ControlReply.ts';
import type { ControlRequest as _millrace_v1_ControlRequest, ControlRequest__Output as _millrace_v1_ControlRequest__Output } from './millrace/v1/ControlRequest.ts';
import type { CoordinatorClient as _millrace_v1_CoordinatorClient, CoordinatorDefinition as _millrace_v1_CoordinatorDefinition } from './millrace/v1/Coordinator.ts';
import type { CreateReplicasRequest as _millrace_v1_CreateReplicasRequest, CreateReplicasRequest__Output as _millrace_v1_CreateReplicasRequest__Output } from './millrace/v1/CreateReplicasRequest.ts';
import type { DigestLogReply as _millrace_v1_DigestLogReply, DigestLogReply__Output as _millrace_v1_DigestLogReply__Output } from './millrace/v1/DigestLogReply.ts';
import type { DigestLogRequest as _millrace_v1_DigestLogRequest, DigestLogRequest__Output as _millrace_v1_DigestLogRequest__Output } from './millrace/v1/DigestLogRequest.ts';
import type { DropOne as _millrace_v1_DropOne, DropOne__Output as _millrace_v1_DropOne__Output } from './millrace/v1/DropOne.ts';
import type { DropRequest as _millrace_v1_DropRequest, DropRequest__Output as _millrace_v1_DropRequest__Output } from './millrace/v1/DropRequest.ts';
import type { EpochStart as _millrace_v1_EpochStart, EpochStart__Output as _millrace_v1_EpochStart__Output } from './millrace/v1/EpochStart.ts';
import type { FindActiveReply as _millrace_v1_FindActiveReply, FindActiveReply__Output as _millrace_v1_FindActiveReply__Output } from './millrace/v1/FindActiveReply.ts';
import type { FindActiveRequest as _millrace_v1_FindActiveRequest, FindActiveRequest__Output as _millrace_v1_FindActiveRequest__Output } from './millrace/v1/FindActiveRequest.ts';
import type { FreshnessAsk as _millrace_v1_FreshnessAsk, FreshnessAsk__Output as _millrace_v1_FreshnessAsk__Output } from './millrace/v1/FreshnessAsk.ts';
import type { FreshnessReply as _millrace_v1_FreshnessReply, FreshnessReply__Output as _millrace_v1_FreshnessReply__Output } from './millrace/v1/FreshnessReply.ts';
import type { FreshnessRequest as _millrace_v1_FreshnessRequest, FreshnessRequest__Output as _millrace_v1_FreshnessRequest__Output } from './millrace/v1/FreshnessRequest.ts';
import type { HandOverOne as _millrace_v1_HandOverOne, HandOverOne__Output as _millrace_v1_HandOverOne__Output } from './millrace/v1/HandOverOne.ts';
import type { HandOverRequest as _millrace_v1_HandOverRequest, HandOverRequest__Output as _millrace_v1_HandOverRequest__Output } from './millrace/v1/HandOverRequest.ts';
import type { HeldReplica as _millrace_v1_HeldReplica, HeldReplica__Output as _millrace_v1_HeldReplica__Output } from './millrace/v1/HeldReplica.ts';
import type { ImportFramesReply as _millrace_v1_ImportFramesReply, ImportFramesReply__Output as _millrace_v1_ImportFramesReply__Output } from './millrace/v1/ImportFramesReply.ts';
import type { ImportFramesRequest as _millrace_v1_ImportFramesRequest, ImportFramesRequest__Output as _millrace_v1_ImportFramesRequest__Output } from './millrace/v1/ImportFramesRequest.ts';
import type { LearnersOfShard as _millrace_v1_LearnersOfShard, LearnersOfShard__Output as _millrace_v1_LearnersOfShard__Output } from './millrace/v1/LearnersOfShard.ts';
import type { NodeDirective as _millrace_v1_NodeDirective, NodeDirective__Output as _millrace_v1_NodeDirective__Output } from './millrace/v1/NodeDirective.ts';
import type { NodeEntry as _millrace_v1_NodeEntry, NodeEntry__Output as _millrace_v1_NodeEntry__Output } from './millrace/v1/NodeEntry.ts';
import type { NodeReport as _millrace_v1_NodeReport, NodeReport__Output as _millrace_v1_NodeReport__Output } from './millrace/v1/NodeReport.ts';
import type { OperateReply as _millrace_v1_OperateReply, OperateReply__Output as _millrace_v1_OperateReply__Output } from './millrace/v1/OperateReply.ts';
import type { OperateRequest as _millrace_v1_OperateRequest, OperateRequest__Output as _millrace_v1_OperateRequest__Output } from './millrace/v1/OperateRequest.ts';
import type { PeerClient as _millrace_v1_PeerClient, PeerDefinition as _millrace_v1_PeerDefinition } from './millrace/v1/Peer.ts';
import type { PeerBatch as _millrace_v1_PeerBatch, PeerBatch__Output as _millrace_v1_PeerBatch__Output } from './millrace/v1/PeerBatch.ts';
import type { PeerEnvelope as _millrace_v1_PeerEnvelope, PeerEnvelope__Output as _millrace_v1_PeerEnvelope__Output } from './millrace/v1/PeerEnvelope.ts';
import type { PeerHello as _millrace_v1_PeerHello, PeerHello__Output as _millrace_v1_PeerHello__Output } from './millrace/v1/PeerHello.ts';
import type { PeerLag as _millrace_v1_PeerLag, PeerLag__Output as _millrace_v1_PeerLag__Output } from './millrace/v1/PeerLag.ts';
import type { PingReply as _millrace_v1_PingReply, PingReply__Output as _millrace_v1_PingReply__Output } from './millrace/v1/PingReply.ts';
import type { PingRequest as _millrace_v1_PingRequest, PingRequest__Output as _millrace_v1_PingRequest__Output } from './millrace/v1/PingRequest.ts';
import type { ReadFrameReply as _millrace_v1_ReadFrameReply, ReadFrameReply__Output as _millrace_v1_ReadFrameReply__Output } from './millrace/v1/ReadFrameReply.ts';
import type { ReadFrameRequest as _millrace_v1_ReadFrameRequest, ReadFrameRequest__Output as _millrace_v1_ReadFrameRequest__Output } from './millrace/v1/ReadFrameRequest.ts';
import type { ReadFramesReply as _millrace_v1_ReadFramesReply, ReadFramesReply__Output as _millrace_v1_ReadFramesReply__Output } from './millrace/v1/ReadFramesReply.ts';
import type { ReadFramesRequest as _millrace_v1_ReadFramesRequest, ReadFramesRequest__Output as _millrace_v1_ReadFramesRequest__Output } from './millrace/v1/ReadFramesRequest.ts';
import type { RecoverOne as _millrace_v1_RecoverOne, RecoverOne__Output as _millrace_v1_RecoverOne__Output } from './millrace/v1/RecoverOne.ts';
import type { RecoverRequest as _millrace_v1_RecoverRequest, RecoverRequest__Output as _millrace_v1_RecoverRequest__Output } from './millrace/v1/RecoverRequest.ts';
import type { RegisterReply as _millrace_v1_RegisterReply, RegisterReply__Output as _millrace_v1_RegisterReply__Output } from './millrace/v1/RegisterReply.ts';
import type { RegisterRequest as _millrace_v1_RegisterRequest, RegisterRequest__Output as _millrace_v1_RegisterRequest__Output } from './millrace/v1/RegisterRequest.ts';
import type { ReplicaControlClient as _millrace_v1_ReplicaControlClient, ReplicaControlDefinition as _millrace_v1_ReplicaControlDefinition } from './millrace/v1/ReplicaControl.ts';
import type { ReplicaMember as _millrace_v1_ReplicaMember, ReplicaMember__Output as _millrace_v1_ReplicaMember__Output } from './millrace/v1/ReplicaMember.ts';
import type { ReplicaResult as _millrace_v1_ReplicaResult, ReplicaResult__Output as _millrace_v1_ReplicaResult__Output } from './millrace/v1/ReplicaResult.ts';
import type { ReplicaResults as _millrace_v1_ReplicaResults, ReplicaResults__Output as _millrace_v1_ReplicaResults__Output } from './millrace/v1/ReplicaResults.ts';
import type { ReplicaToCreate as _millrace_v1_ReplicaToCreate, ReplicaToCreate__Output as _millrace_v1_ReplicaToCreate__Output } from './millrace/v1/ReplicaToCreate.ts';
import type { ResumeOne as _millrace_v1_ResumeOne, ResumeOne__Output as _millrace_v1_ResumeOne__Output } from './millrace/v1/ResumeOne.ts';
import type { ResumeReplicasRequest as _millrace_v1_ResumeReplicasRequest, ResumeReplicasRequest__Output as _millrace_v1_ResumeReplicasRequest__Output } from './millrace/v1/ResumeReplicasRequest.ts';
import type { SealOne as _millrace_v1_SealOne, SealOne__Output as _millrace_v1_SealOne__Output } from './millrace/v1/SealOne.ts';
import type { SealReplies as _millrace_v1_SealReplies, SealReplies__Output as _millrace_v1_SealReplies__Output } from './millrace/v1/SealReplies.ts';
import type { SealReply as _millrace_v1_SealReply, SealReply__Output as _millrace_v1_SealReply__Output } from './millrace/v1/SealReply.ts';
import type { SealRequest as _millrace_v1_SealRequest, SealRequest__Output as _millrace_v1_SealRequest__Output } from './millrace/v1/SealRequest.ts';
import type { SetLearnersRequest as _millrace_v1_SetLearnersRequest, SetLearnersRequest__Output as _millrace_v1_SetLearnersRequest__Output } from './millrace/v1/SetLearnersRequest.ts';
import type { ShardEntry as _millrace_v1_ShardEntry, ShardEntry__Output as _millrace_v1_ShardEntry__Output } from './millrace/v1/ShardEntry.ts';
import type { ShardEpoch as _millrace_v1_ShardEpoch, ShardEpoch__Output as _millrace_v1_ShardEpoch__Output } from './millrace/v1/ShardEpoch.ts';
import type { ShardEpochs as _millrace_v1_ShardEpochs, ShardEpochs__Output as _millrace_v1_ShardEpochs__Output } from './millrace/v1/ShardEpochs.ts';
import type { ShardEvent as _millrace_v1_ShardEvent, ShardEvent__Output as _millrace_v1_ShardEvent__Output } from './millrace/v1/ShardEvent.ts';
import type { ShardReport as _millrace_v1_ShardReport, ShardReport__Output as _millrace_v1_ShardReport__Output } from './millrace/v1/ShardReport.ts';
import type { StreamEntry as _millrace_v1_StreamEntry, StreamEntry__Output as _millrace_v1_StreamEntry__Output } from './millrace/v1/StreamEntry.ts';
import type { WatchMapRequest as _millrace_v1_WatchMapRequest, WatchMapRequest__Output as _millrace_v1_WatchMapRequest__Output } from './millrace/v1/WatchMapRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  millrace: {
    v1: {
      ClusterMapUpdate: MessageTypeDefinition<_millrace_v1_ClusterMapUpdate, _millrace_v1_ClusterMapUpdate__Output>
      ConfirmOpenRequest: MessageTypeDefinition<_millrace_v1_ConfirmOpenRequest, _millrace_v1_ConfirmOpenRequest__Output>
      ConsumerEntry: MessageTypeDefinition<_millrace_v1_ConsumerEntry, _millrace_v1_ConsumerEntry__Output>
      ControlReply: MessageTypeDefinition<_millrace_v1_ControlReply, _millrace_v1_ControlReply__Output>
      ControlRequest: MessageTypeDefinition<_millrace_v1_ControlRequest, _millrace_v1_ControlRequest__Output>
      Coordinator: SubtypeConstructor<typeof grpc.Client, _millrace_v1_CoordinatorClient> & { service: _millrace_v1_CoordinatorDefinition }
      CreateReplicasRequest: MessageTypeDefinition<_millrace_v1_CreateReplicasRequest, _millrace_v1_CreateReplicasRequest__Output>
      DigestLogReply: MessageTypeDefinition<_millrace_v1_DigestLogReply, _millrace_v1_DigestLogReply__Output>
      DigestLogRequest: MessageTypeDefinition<_millrace_v1_DigestLogRequest, _millrace_v1_DigestLogRequest__Output>
      DropOne: MessageTypeDefinition<_millrace_v1_DropOne, _millrace_v1_DropOne__Output>
      DropRequest: MessageTypeDefinition<_millrace_v1_DropRequest, _millrace_v1_DropRequest__Output>
      EpochStart: MessageTypeDefinition<_millrace_v1_EpochStart, _millrace_v1_EpochStart__Output>
      FindActiveReply: MessageTypeDefinition<_millrace_v1_FindActiveReply, _millrace_v1_FindActiveReply__Output>
      FindActiveRequest: MessageTypeDefinition<_millrace_v1_FindActiveRequest, _millrace_v1_FindActiveRequest__Output>
      FreshnessAsk: MessageTypeDefinition<_millrace_v1_FreshnessAsk, _millrace_v1_FreshnessAsk__Output>
      FreshnessReply: MessageTypeDefinition<_millrace_v1_FreshnessReply, _millrace_v1_FreshnessReply__Output>
      FreshnessRequest: MessageTypeDefinition<_millrace_v1_FreshnessRequest, _millrace_v1_FreshnessRequest__Output>
      HandOverOne: MessageTypeDefinition<_millrace_v1_HandOverOne, _millrace_v1_HandOverOne__Output>
      HandOverRequest: MessageTypeDefinition<_millrace_v1_HandOverRequest, _millrace_v1_HandOverRequest__Output>
      HeldReplica: MessageTypeDefinition<_millrace_v1_HeldReplica, _millrace_v1_HeldReplica__Output>
      ImportFramesReply: MessageTypeDefinition<_millrace_v1_ImportFramesReply, _millrace_v1_ImportFramesReply__Output>
      ImportFramesRequest: MessageTypeDefinition<_millrace_v1_ImportFramesRequest, _millrace_v1_ImportFramesRequest__Output>
      LearnersOfShard: MessageTypeDefinition<_millrace_v1_LearnersOfShard, _millrace_v1_LearnersOfShard__Output>
      NodeDirective: MessageTypeDefinition<_millrace_v1_NodeDirective, _millrace_v1_NodeDirective__Output>
      NodeEntry: MessageTypeDefinition<_millrace_v1_NodeEntry, _millrace_v1_NodeEntry__Output>
      NodeReport: MessageTypeDefinition<_millrace_v1_NodeReport, _millrace_v1_NodeReport__Output>
      OperateReply: MessageTypeDefinition<_millrace_v1_OperateReply, _millrace_v1_OperateReply__Output>
      OperateRequest: MessageTypeDefinition<_millrace_v1_OperateRequest, _millrace_v1_OperateRequest__Output>
      Peer: SubtypeConstructor<typeof grpc.Client, _millrace_v1_PeerClient> & { service: _millrace_v1_PeerDefinition }
      PeerBatch: MessageTypeDefinition<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>
      PeerEnvelope: MessageTypeDefinition<_millrace_v1_PeerEnvelope, _millrace_v1_PeerEnvelope__Output>
      PeerHello: MessageTypeDefinition<_millrace_v1_PeerHello, _millrace_v1_PeerHello__Output>
      PeerLag: MessageTypeDefinition<_millrace_v1_PeerLag, _millrace_v1_PeerLag__Output>
      PingReply: MessageTypeDefinition<_millrace_v1_PingReply, _millrace_v1_PingReply__Output>
      PingRequest: MessageTypeDefinition<_millrace_v1_PingRequest, _millrace_v1_PingRequest__Output>
      ReadFrameReply: MessageTypeDefinition<_millrace_v1_ReadFrameReply, _millrace_v1_ReadFrameReply__Output>
      ReadFrameRequest: MessageTypeDefinition<_millrace_v1_ReadFrameRequest, _millrace_v1_ReadFrameRequest__Output>
      ReadFramesReply: MessageTypeDefinition<_millrace_v1_ReadFramesReply, _millrace_v1_ReadFramesReply__Output>
      ReadFramesRequest: MessageTypeDefinition<_millrace_v1_ReadFramesRequest, _millrace_v1_ReadFramesRequest__Output>
      RecoverOne: MessageTypeDefinition<_millrace_v1_RecoverOne, _millrace_v1_RecoverOne__Output>
      RecoverRequest: MessageTypeDefinition<_millrace_v1_RecoverRequest, _millrace_v1_RecoverRequest__Output>
      RegisterReply: MessageTypeDefinition<_millrace_v1_RegisterReply, _millrace_v1_RegisterReply__Output>
      RegisterRequest: MessageTypeDefinition<_millrace_v1_RegisterRequest, _millrace_v1_RegisterRequest__Output>
      ReplicaControl: SubtypeConstructor<typeof grpc.Client, _millrace_v1_ReplicaControlClient> & { service: _millrace_v1_ReplicaControlDefinition }
      ReplicaMember: MessageTypeDefinition<_millrace_v1_ReplicaMember, _millrace_v1_ReplicaMember__Output>
      ReplicaResult: MessageTypeDefinition<_millrace_v1_ReplicaResult, _millrace_v1_ReplicaResult__Output>
      ReplicaResults: MessageTypeDefinition<_millrace_v1_ReplicaResults, _millrace_v1_ReplicaResults__Output>
      ReplicaToCreate: MessageTypeDefinition<_millrace_v1_ReplicaToCreate, _millrace_v1_ReplicaToCreate__Output>
      ResumeOne: MessageTypeDefinition<_millrace_v1_ResumeOne, _millrace_v1_ResumeOne__Output>
      ResumeReplicasRequest: MessageTypeDefinition<_millrace_v1_ResumeReplicasRequest, _millrace_v1_ResumeReplicasRequest__Output>
      SealOne: MessageTypeDefinition<_millrace_v1_SealOne, _millrace_v1_SealOne__Output>
      SealReplies: MessageTypeDefinition<_millrace_v1_SealReplies, _millrace_v1_SealReplies__Output>
      SealReply: MessageTypeDefinition<_millrace_v1_SealReply, _millrace_v1_SealReply__Output>
      SealRequest: MessageTypeDefinition<_millrace_v1_SealRequest, _millrace_v1_SealRequest__Output>
      SetLearnersRequest: MessageTypeDefinition<_millrace_v1_SetLearnersRequest, _millrace_v1_SetLearnersRequest__Output>
      ShardEntry: MessageTypeDefinition<_millrace_v1_ShardEntry, _millrace_v1_ShardEntry__Output>
      ShardEpoch: MessageTypeDefinition<_millrace_v1_ShardEpoch, _millrace_v1_ShardEpoch__Output>
      ShardEpochs: MessageTypeDefinition<_millrace_v1_ShardEpochs, _millrace_v1_ShardEpochs__Output>
      ShardEvent: MessageTypeDefinition<_millrace_v1_ShardEvent, _millrace_v1_ShardEvent__Output>
      ShardReport: MessageTypeDefinition<_millrace_v1_ShardReport, _millrace_v1_ShardReport__Output>
      StreamEntry: MessageTypeDefinition<_millrace_v1_StreamEntry, _millrace_v1_StreamEntry__Output>
      WatchMapRequest: MessageTypeDefinition<_millrace_v1_WatchMapRequest, _millrace_v1_WatchMapRequest__Output>
    }
  }
}

