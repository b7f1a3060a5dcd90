// Original file: proto/millrace/v1/cluster.proto

import type { ReplicaMember as _millrace_v1_ReplicaMember, ReplicaMember__Output as _millrace_v1_ReplicaMember__Output } from '../../millrace/v1/ReplicaMember.ts';
import type { Long } from '@grpc/proto-loader';

export interface ShardEntry {
  'shardUid'?: (number | string | Long);
  'streamUid'?: (number | string | Long);
  'shardIndex'?: (number);
  'startingHashKey'?: (string);
  'endingHashKey'?: (string);
  'state'?: (string);
  'createdSeconds'?: (number | string | Long);
  'closedMs'?: (number | string | Long);
  'endOffset'?: (number | string | Long);
  'parentShardUids'?: (number | string | Long)[];
  'epoch'?: (number);
  'leader'?: (string);
  'replicas'?: (_millrace_v1_ReplicaMember)[];
}

export interface ShardEntry__Output {
  'shardUid': (number);
  'streamUid': (number);
  'shardIndex': (number);
  'startingHashKey': (string);
  'endingHashKey': (string);
  'state': (string);
  'createdSeconds': (number);
  'closedMs': (number);
  'endOffset': (number);
  'parentShardUids': (number)[];
  'epoch': (number);
  'leader': (string);
  'replicas': (_millrace_v1_ReplicaMember__Output)[];
}
