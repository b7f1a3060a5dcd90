// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface NodeDirective {
  'coordinatorMs'?: (number | string | Long);
  'coordinatorTerm'?: (number | string | Long);
  'registerAgain'?: (boolean);
  'stay'?: (boolean);
}

export interface NodeDirective__Output {
  'coordinatorMs': (number);
  'coordinatorTerm': (number);
  'registerAgain': (boolean);
  'stay': (boolean);
}
