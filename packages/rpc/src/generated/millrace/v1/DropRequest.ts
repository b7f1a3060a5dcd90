// Original file: proto/millrace/v1/cluster.proto

import type { DropOne as _millrace_v1_DropOne, DropOne__Output as _millrace_v1_DropOne__Output } from '../../millrace/v1/DropOne.ts';
import type { Long } from '@grpc/proto-loader';

export interface DropRequest {
  'coordinatorTerm'?: (number | string | Long);
  'shards'?: (_millrace_v1_DropOne)[];
}

export interface DropRequest__Output {
  'coordinatorTerm': (number);
  'shards': (_millrace_v1_DropOne__Output)[];
}
