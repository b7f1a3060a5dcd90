// Original file: proto/millrace/v1/cluster.proto

import type { SealOne as _millrace_v1_SealOne, SealOne__Output as _millrace_v1_SealOne__Output } from '../../millrace/v1/SealOne.ts';
import type { Long } from '@grpc/proto-loader';

export interface SealRequest {
  'coordinatorTerm'?: (number | string | Long);
  'shards'?: (_millrace_v1_SealOne)[];
}

export interface SealRequest__Output {
  'coordinatorTerm': (number);
  'shards': (_millrace_v1_SealOne__Output)[];
}
