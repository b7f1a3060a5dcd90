// Original file: proto/millrace/v1/cluster.proto

import type { PeerLag as _millrace_v1_PeerLag, PeerLag__Output as _millrace_v1_PeerLag__Output } from '../../millrace/v1/PeerLag.ts';
import type { Long } from '@grpc/proto-loader';

export interface ShardReport {
  'shardUid'?: (number | string | Long);
  'epoch'?: (number);
  'logStart'?: (number | string | Long);
  'commitOffset'?: (number | string | Long);
  'bytesPerSecond'?: (number | string | Long);
  'recordsPerSecond'?: (number);
  'lags'?: (_millrace_v1_PeerLag)[];
}

export interface ShardReport__Output {
  'shardUid': (number);
  'epoch': (number);
  'logStart': (number);
  'commitOffset': (number);
  'bytesPerSecond': (number);
  'recordsPerSecond': (number);
  'lags': (_millrace_v1_PeerLag__Output)[];
}
