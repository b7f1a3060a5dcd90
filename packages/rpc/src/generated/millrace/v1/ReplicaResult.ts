// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface ReplicaResult {
  'shardUid'?: (number | string | Long);
  'ok'?: (boolean);
  'why'?: (string);
}

export interface ReplicaResult__Output {
  'shardUid': (number);
  'ok': (boolean);
  'why': (string);
}
