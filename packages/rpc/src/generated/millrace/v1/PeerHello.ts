// Original file: proto/millrace/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface PeerHello {
  'clusterId'?: (string);
  'nodeId'?: (string);
  'boot'?: (number | string | Long);
  'protocolVersionMin'?: (number);
  'protocolVersionMax'?: (number);
}

export interface PeerHello__Output {
  'clusterId': (string);
  'nodeId': (string);
  'boot': (number);
  'protocolVersionMin': (number);
  'protocolVersionMax': (number);
}
