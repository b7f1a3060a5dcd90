// Original file: proto/millrace/v1/peer.proto

import type { EpochStart as _millrace_v1_EpochStart, EpochStart__Output as _millrace_v1_EpochStart__Output } from '../../millrace/v1/EpochStart.ts';
import type { ReplicaMember as _millrace_v1_ReplicaMember, ReplicaMember__Output as _millrace_v1_ReplicaMember__Output } from '../../millrace/v1/ReplicaMember.ts';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/millrace/v1/peer.proto

export const _millrace_v1_PeerEnvelope_Kind = {
  UNKNOWN: 'UNKNOWN',
  PROBE: 'PROBE',
  PROBE_REPLY: 'PROBE_REPLY',
  CATCH_UP: 'CATCH_UP',
  APPEND: 'APPEND',
  ACK: 'ACK',
  REJECT: 'REJECT',
} as const;

export type _millrace_v1_PeerEnvelope_Kind =
  | 'UNKNOWN'
  | 0
  | 'PROBE'
  | 1
  | 'PROBE_REPLY'
  | 2
  | 'CATCH_UP'
  | 3
  | 'APPEND'
  | 4
  | 'ACK'
  | 5
  | 'REJECT'
  | 6

export type _millrace_v1_PeerEnvelope_Kind__Output = typeof _millrace_v1_PeerEnvelope_Kind[keyof typeof _millrace_v1_PeerEnvelope_Kind]

export interface PeerEnvelope {
  'shardUid'?: (number | string | Long);
  'toReplicaUuid'?: (string);
  'fromReplicaUuid'?: (string);
  'kind'?: (_millrace_v1_PeerEnvelope_Kind);
  'epoch'?: (number);
  'history'?: (_millrace_v1_EpochStart)[];
  'set'?: (_millrace_v1_ReplicaMember)[];
  'logStart'?: (number | string | Long);
  'logEnd'?: (number | string | Long);
  'truncateTo'?: (number | string | Long);
  'resetTo'?: (number | string | Long);
  'startOffset'?: (number | string | Long);
  'commitOffset'?: (number | string | Long);
  'durableEnd'?: (number | string | Long);
  'adopted'?: (boolean);
  'reason'?: (string);
  'promisedEpoch'?: (number);
  'expectedOffset'?: (number | string | Long);
  'frames'?: (Buffer | Uint8Array | string);
}

export interface PeerEnvelope__Output {
  'shardUid': (number);
  'toReplicaUuid': (string);
  'fromReplicaUuid': (string);
  'kind': (_millrace_v1_PeerEnvelope_Kind__Output);
  'epoch': (number);
  'history': (_millrace_v1_EpochStart__Output)[];
  'set': (_millrace_v1_ReplicaMember__Output)[];
  'logStart': (number);
  'logEnd': (number);
  'truncateTo': (number);
  'resetTo': (number);
  'startOffset': (number);
  'commitOffset': (number);
  'durableEnd': (number);
  'adopted': (boolean);
  'reason': (string);
  'promisedEpoch': (number);
  'expectedOffset': (number);
  'frames': (Buffer);
}
