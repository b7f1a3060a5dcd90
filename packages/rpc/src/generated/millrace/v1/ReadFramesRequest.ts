// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface ReadFramesRequest {
  'shardUid'?: (number | string | Long);
  'replicaUuid'?: (string);
  'fromOffset'?: (number | string | Long);
}

export interface ReadFramesRequest__Output {
  'shardUid': (number);
  'replicaUuid': (string);
  'fromOffset': (number);
}
