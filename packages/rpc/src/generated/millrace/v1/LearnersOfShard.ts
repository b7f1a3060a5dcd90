// Original file: proto/millrace/v1/cluster.proto

import type { ReplicaMember as _millrace_v1_ReplicaMember, ReplicaMember__Output as _millrace_v1_ReplicaMember__Output } from '../../millrace/v1/ReplicaMember.ts';
import type { Long } from '@grpc/proto-loader';

export interface LearnersOfShard {
  'shardUid'?: (number | string | Long);
  'epoch'?: (number);
  'learners'?: (_millrace_v1_ReplicaMember)[];
}

export interface LearnersOfShard__Output {
  'shardUid': (number);
  'epoch': (number);
  'learners': (_millrace_v1_ReplicaMember__Output)[];
}
