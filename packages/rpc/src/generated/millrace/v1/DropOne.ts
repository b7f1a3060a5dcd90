// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface DropOne {
  'shardUid'?: (number | string | Long);
  'replicaUuid'?: (string);
  'epoch'?: (number);
}

export interface DropOne__Output {
  'shardUid': (number);
  'replicaUuid': (string);
  'epoch': (number);
}
