// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface ResumeOne {
  'shardUid'?: (number | string | Long);
  'replicaUuid'?: (string);
  'keepLog'?: (boolean);
}

export interface ResumeOne__Output {
  'shardUid': (number);
  'replicaUuid': (string);
  'keepLog': (boolean);
}
