// Original file: proto/millrace/v1/cluster.proto

import type { ShardReport as _millrace_v1_ShardReport, ShardReport__Output as _millrace_v1_ShardReport__Output } from '../../millrace/v1/ShardReport.ts';
import type { ShardEvent as _millrace_v1_ShardEvent, ShardEvent__Output as _millrace_v1_ShardEvent__Output } from '../../millrace/v1/ShardEvent.ts';
import type { Long } from '@grpc/proto-loader';

export interface NodeReport {
  'nodeId'?: (string);
  'boot'?: (number | string | Long);
  'nowMs'?: (number | string | Long);
  'belowDiskFloor'?: (boolean);
  'storeBytes'?: (number | string | Long);
  'diskFreeBytes'?: (number | string | Long);
  'shards'?: (_millrace_v1_ShardReport)[];
  'events'?: (_millrace_v1_ShardEvent)[];
  'unreachableNodeIds'?: (string)[];
  'stopping'?: (boolean);
}

export interface NodeReport__Output {
  'nodeId': (string);
  'boot': (number);
  'nowMs': (number);
  'belowDiskFloor': (boolean);
  'storeBytes': (number);
  'diskFreeBytes': (number);
  'shards': (_millrace_v1_ShardReport__Output)[];
  'events': (_millrace_v1_ShardEvent__Output)[];
  'unreachableNodeIds': (string)[];
  'stopping': (boolean);
}
