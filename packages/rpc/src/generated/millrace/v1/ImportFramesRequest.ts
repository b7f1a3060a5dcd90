// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface ImportFramesRequest {
  'shardUid'?: (number | string | Long);
  'frames'?: (Buffer | Uint8Array | string);
}

export interface ImportFramesRequest__Output {
  'shardUid': (number);
  'frames': (Buffer);
}
