// Original file: proto/millrace/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface FreshnessAsk {
  'shardUid'?: (number | string | Long);
  'epoch'?: (number);
  'replicaUuid'?: (string);
}

export interface FreshnessAsk__Output {
  'shardUid': (number);
  'epoch': (number);
  'replicaUuid': (string);
}
