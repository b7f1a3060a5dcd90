// Original file: proto/millrace/v1/cluster.proto

import type { ShardEpoch as _millrace_v1_ShardEpoch, ShardEpoch__Output as _millrace_v1_ShardEpoch__Output } from '../../millrace/v1/ShardEpoch.ts';
import type { Long } from '@grpc/proto-loader';

export interface ConfirmOpenRequest {
  'coordinatorTerm'?: (number | string | Long);
  'shards'?: (_millrace_v1_ShardEpoch)[];
}

export interface ConfirmOpenRequest__Output {
  'coordinatorTerm': (number);
  'shards': (_millrace_v1_ShardEpoch__Output)[];
}
