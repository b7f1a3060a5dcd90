// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface HandOverOne {
  'shardUid'?: (number | string | Long);
  'epoch'?: (number);
  'toReplicaUuid'?: (string);
}

export interface HandOverOne__Output {
  'shardUid': (number);
  'epoch': (number);
  'toReplicaUuid': (string);
}
