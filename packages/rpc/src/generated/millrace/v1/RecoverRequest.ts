// Original file: proto/millrace/v1/cluster.proto

import type { RecoverOne as _millrace_v1_RecoverOne, RecoverOne__Output as _millrace_v1_RecoverOne__Output } from '../../millrace/v1/RecoverOne.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecoverRequest {
  'coordinatorTerm'?: (number | string | Long);
  'shards'?: (_millrace_v1_RecoverOne)[];
}

export interface RecoverRequest__Output {
  'coordinatorTerm': (number);
  'shards': (_millrace_v1_RecoverOne__Output)[];
}
