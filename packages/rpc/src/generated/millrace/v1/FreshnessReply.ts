// Original file: proto/millrace/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface FreshnessReply {
  'nonce'?: (number | string | Long);
  'nowMs'?: (number | string | Long);
  'confirmedShardUids'?: (number | string | Long)[];
}

export interface FreshnessReply__Output {
  'nonce': (number);
  'nowMs': (number);
  'confirmedShardUids': (number)[];
}
