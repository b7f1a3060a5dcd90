// Original file: proto/millrace/v1/cluster.proto

import type { HeldReplica as _millrace_v1_HeldReplica, HeldReplica__Output as _millrace_v1_HeldReplica__Output } from '../../millrace/v1/HeldReplica.ts';
import type { Long } from '@grpc/proto-loader';

export interface RegisterRequest {
  'nodeId'?: (string);
  'boot'?: (number | string | Long);
  'zone'?: (string);
  'address'?: (string);
  'clusterId'?: (string);
  'capacityBytes'?: (number | string | Long);
  'replicas'?: (_millrace_v1_HeldReplica)[];
  'protocolVersionMin'?: (number);
  'protocolVersionMax'?: (number);
}

export interface RegisterRequest__Output {
  'nodeId': (string);
  'boot': (number);
  'zone': (string);
  'address': (string);
  'clusterId': (string);
  'capacityBytes': (number);
  'replicas': (_millrace_v1_HeldReplica__Output)[];
  'protocolVersionMin': (number);
  'protocolVersionMax': (number);
}
