// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface ShardEpoch {
  'shardUid'?: (number | string | Long);
  'epoch'?: (number);
}

export interface ShardEpoch__Output {
  'shardUid': (number);
  'epoch': (number);
}
