// Original file: proto/millrace/v1/cluster.proto

import type { ResumeOne as _millrace_v1_ResumeOne, ResumeOne__Output as _millrace_v1_ResumeOne__Output } from '../../millrace/v1/ResumeOne.ts';
import type { Long } from '@grpc/proto-loader';

export interface ResumeReplicasRequest {
  'coordinatorTerm'?: (number | string | Long);
  'shards'?: (_millrace_v1_ResumeOne)[];
}

export interface ResumeReplicasRequest__Output {
  'coordinatorTerm': (number);
  'shards': (_millrace_v1_ResumeOne__Output)[];
}
