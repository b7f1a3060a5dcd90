// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface PeerLag {
  'nodeId'?: (string);
  'recordsBehind'?: (number | string | Long);
}

export interface PeerLag__Output {
  'nodeId': (string);
  'recordsBehind': (number);
}
