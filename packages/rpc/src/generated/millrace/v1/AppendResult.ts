// Original file: proto/millrace/v1/storage.proto

import type { Status as _millrace_v1_Status, Status__Output as _millrace_v1_Status__Output } from '../../millrace/v1/Status.ts';
import type { Long } from '@grpc/proto-loader';

export interface AppendResult {
  'correlation'?: (number | string | Long);
  'status'?: (_millrace_v1_Status);
  'baseOffset'?: (number | string | Long);
  'acceptedCount'?: (number);
  'arrivalMs'?: (number | string | Long);
  'leaderHint'?: (string);
}

export interface AppendResult__Output {
  'correlation': (number);
  'status': (_millrace_v1_Status__Output);
  'baseOffset': (number);
  'acceptedCount': (number);
  'arrivalMs': (number);
  'leaderHint': (string);
}
