// Original file: proto/millrace/v1/cluster.proto

import type { EpochStart as _millrace_v1_EpochStart, EpochStart__Output as _millrace_v1_EpochStart__Output } from '../../millrace/v1/EpochStart.ts';
import type { Long } from '@grpc/proto-loader';

export interface SealReply {
  'shardUid'?: (number | string | Long);
  'ok'?: (boolean);
  'why'?: (string);
  'replicaUuid'?: (string);
  'promisedEpoch'?: (number);
  'logEpoch'?: (number);
  'logStart'?: (number | string | Long);
  'logEnd'?: (number | string | Long);
  'history'?: (_millrace_v1_EpochStart)[];
  'suspect'?: (boolean);
}

export interface SealReply__Output {
  'shardUid': (number);
  'ok': (boolean);
  'why': (string);
  'replicaUuid': (string);
  'promisedEpoch': (number);
  'logEpoch': (number);
  'logStart': (number);
  'logEnd': (number);
  'history': (_millrace_v1_EpochStart__Output)[];
  'suspect': (boolean);
}
