// Original file: proto/millrace/v1/cluster.proto

import type { ReplicaMember as _millrace_v1_ReplicaMember, ReplicaMember__Output as _millrace_v1_ReplicaMember__Output } from '../../millrace/v1/ReplicaMember.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecoverOne {
  'shardUid'?: (number | string | Long);
  'epoch'?: (number);
  'replicaUuid'?: (string);
  'boot'?: (number | string | Long);
  'logEpoch'?: (number);
  'logEnd'?: (number | string | Long);
  'set'?: (_millrace_v1_ReplicaMember)[];
  'setChanges'?: (boolean);
}

export interface RecoverOne__Output {
  'shardUid': (number);
  'epoch': (number);
  'replicaUuid': (string);
  'boot': (number);
  'logEpoch': (number);
  'logEnd': (number);
  'set': (_millrace_v1_ReplicaMember__Output)[];
  'setChanges': (boolean);
}
