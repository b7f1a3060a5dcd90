// Original file: proto/millrace/v1/cluster.proto

import type { ReplicaMember as _millrace_v1_ReplicaMember, ReplicaMember__Output as _millrace_v1_ReplicaMember__Output } from '../../millrace/v1/ReplicaMember.ts';
import type { Long } from '@grpc/proto-loader';

export interface ReplicaToCreate {
  'shardUid'?: (number | string | Long);
  'replicaUuid'?: (string);
  'epoch'?: (number);
  'set'?: (_millrace_v1_ReplicaMember)[];
  'suspect'?: (boolean);
}

export interface ReplicaToCreate__Output {
  'shardUid': (number);
  'replicaUuid': (string);
  'epoch': (number);
  'set': (_millrace_v1_ReplicaMember__Output)[];
  'suspect': (boolean);
}
