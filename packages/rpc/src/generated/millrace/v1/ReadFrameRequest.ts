// Original file: proto/millrace/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface ReadFrameRequest {
  'shardUid'?: (number | string | Long);
  'replicaUuid'?: (string);
  'offset'?: (number | string | Long);
}

export interface ReadFrameRequest__Output {
  'shardUid': (number);
  'replicaUuid': (string);
  'offset': (number);
}
