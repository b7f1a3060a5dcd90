// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface FindActiveReply {
  'active'?: (boolean);
  'coordinatorTerm'?: (number | string | Long);
}

export interface FindActiveReply__Output {
  'active': (boolean);
  'coordinatorTerm': (number);
}
