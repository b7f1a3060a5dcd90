import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { EpochStart as _millrace_v1_EpochStart, EpochStart__Output as _millrace_v1_EpochStart__Output } from './millrace/v1/EpochStart.ts';
import type { FreshnessAsk as _millrace_v1_FreshnessAsk, FreshnessAsk__Output as _millrace_v1_FreshnessAsk__Output } from './millrace/v1/FreshnessAsk.ts';
import type { FreshnessReply as _millrace_v1_FreshnessReply, FreshnessReply__Output as _millrace_v1_FreshnessReply__Output } from './millrace/v1/FreshnessReply.ts';
import type { FreshnessRequest as _millrace_v1_FreshnessRequest, FreshnessRequest__Output as _millrace_v1_FreshnessRequest__Output } from './millrace/v1/FreshnessRequest.ts';
import type { PeerClient as _millrace_v1_PeerClient, PeerDefinition as _millrace_v1_PeerDefinition } from './millrace/v1/Peer.ts';
import type { PeerBatch as _millrace_v1_PeerBatch, PeerBatch__Output as _millrace_v1_PeerBatch__Output } from './millrace/v1/PeerBatch.ts';
import type { PeerEnvelope as _millrace_v1_PeerEnvelope, PeerEnvelope__Output as _millrace_v1_PeerEnvelope__Output } from './millrace/v1/PeerEnvelope.ts';
import type { PeerHello as _millrace_v1_PeerHello, PeerHello__Output as _millrace_v1_PeerHello__Output } from './millrace/v1/PeerHello.ts';
import type { ReadFrameReply as _millrace_v1_ReadFrameReply, ReadFrameReply__Output as _millrace_v1_ReadFrameReply__Output } from './millrace/v1/ReadFrameReply.ts';
import type { ReadFrameRequest as _millrace_v1_ReadFrameRequest, ReadFrameRequest__Output as _millrace_v1_ReadFrameRequest__Output } from './millrace/v1/ReadFrameRequest.ts';
import type { ReplicaMember as _millrace_v1_ReplicaMember, ReplicaMember__Output as _millrace_v1_ReplicaMember__Output } from './millrace/v1/ReplicaMember.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  millrace: {
    v1: {
      EpochStart: MessageTypeDefinition<_millrace_v1_EpochStart, _millrace_v1_EpochStart__Output>
      FreshnessAsk: MessageTypeDefinition<_millrace_v1_FreshnessAsk, _millrace_v1_FreshnessAsk__Output>
      FreshnessReply: MessageTypeDefinition<_millrace_v1_FreshnessReply, _millrace_v1_FreshnessReply__Output>
      FreshnessRequest: MessageTypeDefinition<_millrace_v1_FreshnessRequest, _millrace_v1_FreshnessRequest__Output>
      Peer: SubtypeConstructor<typeof grpc.Client, _millrace_v1_PeerClient> & { service: _millrace_v1_PeerDefinition }
      PeerBatch: MessageTypeDefinition<_millrace_v1_PeerBatch, _millrace_v1_PeerBatch__Output>
      PeerEnvelope: MessageTypeDefinition<_millrace_v1_PeerEnvelope, _millrace_v1_PeerEnvelope__Output>
      PeerHello: MessageTypeDefinition<_millrace_v1_PeerHello, _millrace_v1_PeerHello__Output>
      ReadFrameReply: MessageTypeDefinition<_millrace_v1_ReadFrameReply, _millrace_v1_ReadFrameReply__Output>
      ReadFrameRequest: MessageTypeDefinition<_millrace_v1_ReadFrameRequest, _millrace_v1_ReadFrameRequest__Output>
      ReplicaMember: MessageTypeDefinition<_millrace_v1_ReplicaMember, _millrace_v1_ReplicaMember__Output>
    }
  }
}

