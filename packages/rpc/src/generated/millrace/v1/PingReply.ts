// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface PingReply {
  'nodeId'?: (string);
  'boot'?: (number | string | Long);
  'serving'?: (boolean);
}

export interface PingReply__Output {
  'nodeId': (string);
  'boot': (number);
  'serving': (boolean);
}
