// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/millrace/v1/cluster.proto

export const _millrace_v1_ShardEvent_Kind = {
  UNKNOWN: 'UNKNOWN',
  OPENED: 'OPENED',
  RESIGNED: 'RESIGNED',
  CLOSED: 'CLOSED',
  SUSPECT: 'SUSPECT',
  HALTED: 'HALTED',
  ADOPTED: 'ADOPTED',
} as const;

export type _millrace_v1_ShardEvent_Kind =
  | 'UNKNOWN'
  | 0
  | 'OPENED'
  | 1
  | 'RESIGNED'
  | 2
  | 'CLOSED'
  | 3
  | 'SUSPECT'
  | 4
  | 'HALTED'
  | 5
  | 'ADOPTED'
  | 6

export type _millrace_v1_ShardEvent_Kind__Output = typeof _millrace_v1_ShardEvent_Kind[keyof typeof _millrace_v1_ShardEvent_Kind]

export interface ShardEvent {
  'kind'?: (_millrace_v1_ShardEvent_Kind);
  'shardUid'?: (number | string | Long);
  'epoch'?: (number);
  'endOffset'?: (number | string | Long);
  'timeMs'?: (number | string | Long);
  'why'?: (string);
  'setChanges'?: (boolean);
}

export interface ShardEvent__Output {
  'kind': (_millrace_v1_ShardEvent_Kind__Output);
  'shardUid': (number);
  'epoch': (number);
  'endOffset': (number);
  'timeMs': (number);
  'why': (string);
  'setChanges': (boolean);
}
