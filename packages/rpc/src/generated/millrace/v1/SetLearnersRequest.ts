// Original file: proto/millrace/v1/cluster.proto

import type { LearnersOfShard as _millrace_v1_LearnersOfShard, LearnersOfShard__Output as _millrace_v1_LearnersOfShard__Output } from '../../millrace/v1/LearnersOfShard.ts';
import type { Long } from '@grpc/proto-loader';

export interface SetLearnersRequest {
  'coordinatorTerm'?: (number | string | Long);
  'shards'?: (_millrace_v1_LearnersOfShard)[];
}

export interface SetLearnersRequest__Output {
  'coordinatorTerm': (number);
  'shards': (_millrace_v1_LearnersOfShard__Output)[];
}
