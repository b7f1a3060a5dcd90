// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface HeldReplica {
  'shardUid'?: (number | string | Long);
  'replicaUuid'?: (string);
  'promisedEpoch'?: (number);
  'configEpoch'?: (number);
}

export interface HeldReplica__Output {
  'shardUid': (number);
  'replicaUuid': (string);
  'promisedEpoch': (number);
  'configEpoch': (number);
}
