// Original file: proto/millrace/v1/cluster.proto

import type { HandOverOne as _millrace_v1_HandOverOne, HandOverOne__Output as _millrace_v1_HandOverOne__Output } from '../../millrace/v1/HandOverOne.ts';
import type { Long } from '@grpc/proto-loader';

export interface HandOverRequest {
  'coordinatorTerm'?: (number | string | Long);
  'shards'?: (_millrace_v1_HandOverOne)[];
}

export interface HandOverRequest__Output {
  'coordinatorTerm': (number);
  'shards': (_millrace_v1_HandOverOne__Output)[];
}
