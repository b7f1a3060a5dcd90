// Original file: proto/millrace/v1/cluster.proto

import type { NodeEntry as _millrace_v1_NodeEntry, NodeEntry__Output as _millrace_v1_NodeEntry__Output } from '../../millrace/v1/NodeEntry.ts';
import type { StreamEntry as _millrace_v1_StreamEntry, StreamEntry__Output as _millrace_v1_StreamEntry__Output } from '../../millrace/v1/StreamEntry.ts';
import type { ShardEntry as _millrace_v1_ShardEntry, ShardEntry__Output as _millrace_v1_ShardEntry__Output } from '../../millrace/v1/ShardEntry.ts';
import type { ConsumerEntry as _millrace_v1_ConsumerEntry, ConsumerEntry__Output as _millrace_v1_ConsumerEntry__Output } from '../../millrace/v1/ConsumerEntry.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClusterMapUpdate {
  'version'?: (number | string | Long);
  'reset'?: (boolean);
  'clusterId'?: (string);
  'tokenKey'?: (string);
  'coordinatorMs'?: (number | string | Long);
  'nodes'?: (_millrace_v1_NodeEntry)[];
  'removedNodeIds'?: (string)[];
  'streams'?: (_millrace_v1_StreamEntry)[];
  'removedStreamUids'?: (number | string | Long)[];
  'shards'?: (_millrace_v1_ShardEntry)[];
  'removedShardUids'?: (number | string | Long)[];
  'consumers'?: (_millrace_v1_ConsumerEntry)[];
  'removedConsumerArns'?: (string)[];
  'protocolVersion'?: (number);
}

export interface ClusterMapUpdate__Output {
  'version': (number);
  'reset': (boolean);
  'clusterId': (string);
  'tokenKey': (string);
  'coordinatorMs': (number);
  'nodes': (_millrace_v1_NodeEntry__Output)[];
  'removedNodeIds': (string)[];
  'streams': (_millrace_v1_StreamEntry__Output)[];
  'removedStreamUids': (number)[];
  'shards': (_millrace_v1_ShardEntry__Output)[];
  'removedShardUids': (number)[];
  'consumers': (_millrace_v1_ConsumerEntry__Output)[];
  'removedConsumerArns': (string)[];
  'protocolVersion': (number);
}
