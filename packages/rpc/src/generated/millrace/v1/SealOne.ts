// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface SealOne {
  'shardUid'?: (number | string | Long);
  'replicaUuid'?: (string);
  'epoch'?: (number);
}

export interface SealOne__Output {
  'shardUid': (number);
  'replicaUuid': (string);
  'epoch': (number);
}
