// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface DigestLogRequest {
  'shardUid'?: (number | string | Long);
  'replicaUuid'?: (string);
  'fromOffset'?: (number | string | Long);
  'toOffset'?: (number | string | Long);
  'checkDisk'?: (boolean);
}

export interface DigestLogRequest__Output {
  'shardUid': (number);
  'replicaUuid': (string);
  'fromOffset': (number);
  'toOffset': (number);
  'checkDisk': (boolean);
}
