// Original file: proto/millrace/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface EpochStart {
  'epoch'?: (number);
  'startOffset'?: (number | string | Long);
}

export interface EpochStart__Output {
  'epoch': (number);
  'startOffset': (number);
}
