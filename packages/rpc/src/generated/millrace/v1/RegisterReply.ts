// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface RegisterReply {
  'accepted'?: (boolean);
  'why'?: (string);
  'clusterId'?: (string);
  'coordinatorTerm'?: (number | string | Long);
  'retired'?: (boolean);
}

export interface RegisterReply__Output {
  'accepted': (boolean);
  'why': (string);
  'clusterId': (string);
  'coordinatorTerm': (number);
  'retired': (boolean);
}
