// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface PeerLag {
  'nodeId'?: (string);
  'recordsBehind'?: (number | string | Long);
  'adopted'?: (boolean);
  'replicaUuid'?: (string);
}

export interface PeerLag__Output {
  'nodeId': (string);
  'recordsBehind': (number);
  'adopted': (boolean);
  'replicaUuid': (string);
}
