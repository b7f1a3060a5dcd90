// Original file: proto/millrace/v1/peer.proto

import type { FreshnessAsk as _millrace_v1_FreshnessAsk, FreshnessAsk__Output as _millrace_v1_FreshnessAsk__Output } from '../../millrace/v1/FreshnessAsk.ts';
import type { Long } from '@grpc/proto-loader';

export interface FreshnessRequest {
  'nonce'?: (number | string | Long);
  'sentMs'?: (number | string | Long);
  'asks'?: (_millrace_v1_FreshnessAsk)[];
}

export interface FreshnessRequest__Output {
  'nonce': (number);
  'sentMs': (number);
  'asks': (_millrace_v1_FreshnessAsk__Output)[];
}
