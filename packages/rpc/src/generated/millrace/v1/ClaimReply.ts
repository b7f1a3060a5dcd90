// Original file: proto/millrace/v1/storage.proto

import type { Status as _millrace_v1_Status, Status__Output as _millrace_v1_Status__Output } from '../../millrace/v1/Status.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClaimReply {
  'status'?: (_millrace_v1_Status);
  'claimedMs'?: (number | string | Long);
  'leaderHint'?: (string);
}

export interface ClaimReply__Output {
  'status': (_millrace_v1_Status__Output);
  'claimedMs': (number);
  'leaderHint': (string);
}
