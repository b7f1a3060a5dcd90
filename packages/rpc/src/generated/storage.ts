import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Append as _millrace_v1_Append, Append__Output as _millrace_v1_Append__Output } from './millrace/v1/Append.ts';
import type { AppendBatch as _millrace_v1_AppendBatch, AppendBatch__Output as _millrace_v1_AppendBatch__Output } from './millrace/v1/AppendBatch.ts';
import type { AppendResult as _millrace_v1_AppendResult, AppendResult__Output as _millrace_v1_AppendResult__Output } from './millrace/v1/AppendResult.ts';
import type { AppendResultBatch as _millrace_v1_AppendResultBatch, AppendResultBatch__Output as _millrace_v1_AppendResultBatch__Output } from './millrace/v1/AppendResultBatch.ts';
import type { ClaimReply as _millrace_v1_ClaimReply, ClaimReply__Output as _millrace_v1_ClaimReply__Output } from './millrace/v1/ClaimReply.ts';
import type { ClaimRequest as _millrace_v1_ClaimRequest, ClaimRequest__Output as _millrace_v1_ClaimRequest__Output } from './millrace/v1/ClaimRequest.ts';
import type { LocateReply as _millrace_v1_LocateReply, LocateReply__Output as _millrace_v1_LocateReply__Output } from './millrace/v1/LocateReply.ts';
import type { LocateRequest as _millrace_v1_LocateRequest, LocateRequest__Output as _millrace_v1_LocateRequest__Output } from './millrace/v1/LocateRequest.ts';
import type { ReadChunk as _millrace_v1_ReadChunk, ReadChunk__Output as _millrace_v1_ReadChunk__Output } from './millrace/v1/ReadChunk.ts';
import type { ReadRequest as _millrace_v1_ReadRequest, ReadRequest__Output as _millrace_v1_ReadRequest__Output } from './millrace/v1/ReadRequest.ts';
import type { StorageClient as _millrace_v1_StorageClient, StorageDefinition as _millrace_v1_StorageDefinition } from './millrace/v1/Storage.ts';
import type { SubscribeRequest as _millrace_v1_SubscribeRequest, SubscribeRequest__Output as _millrace_v1_SubscribeRequest__Output } from './millrace/v1/SubscribeRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  millrace: {
    v1: {
      Append: MessageTypeDefinition<_millrace_v1_Append, _millrace_v1_Append__Output>
      AppendBatch: MessageTypeDefinition<_millrace_v1_AppendBatch, _millrace_v1_AppendBatch__Output>
      AppendResult: MessageTypeDefinition<_millrace_v1_AppendResult, _millrace_v1_AppendResult__Output>
      AppendResultBatch: MessageTypeDefinition<_millrace_v1_AppendResultBatch, _millrace_v1_AppendResultBatch__Output>
      ClaimReply: MessageTypeDefinition<_millrace_v1_ClaimReply, _millrace_v1_ClaimReply__Output>
      ClaimRequest: MessageTypeDefinition<_millrace_v1_ClaimRequest, _millrace_v1_ClaimRequest__Output>
      LocateReply: MessageTypeDefinition<_millrace_v1_LocateReply, _millrace_v1_LocateReply__Output>
      LocateRequest: MessageTypeDefinition<_millrace_v1_LocateRequest, _millrace_v1_LocateRequest__Output>
      ReadChunk: MessageTypeDefinition<_millrace_v1_ReadChunk, _millrace_v1_ReadChunk__Output>
      ReadRequest: MessageTypeDefinition<_millrace_v1_ReadRequest, _millrace_v1_ReadRequest__Output>
      Status: EnumTypeDefinition
      Storage: SubtypeConstructor<typeof grpc.Client, _millrace_v1_StorageClient> & { service: _millrace_v1_StorageDefinition }
      SubscribeRequest: MessageTypeDefinition<_millrace_v1_SubscribeRequest, _millrace_v1_SubscribeRequest__Output>
    }
  }
}

