// Original file: proto/millrace/v1/storage.proto

import type { Status as _millrace_v1_Status, Status__Output as _millrace_v1_Status__Output } from '../../millrace/v1/Status.ts';
import type { Long } from '@grpc/proto-loader';

export interface LocateReply {
  'status'?: (_millrace_v1_Status);
  'offset'?: (number | string | Long);
  'trimOffset'?: (number | string | Long);
  'commitOffset'?: (number | string | Long);
  'closed'?: (boolean);
  'leaderHint'?: (string);
}

export interface LocateReply__Output {
  'status': (_millrace_v1_Status__Output);
  'offset': (number);
  'trimOffset': (number);
  'commitOffset': (number);
  'closed': (boolean);
  'leaderHint': (string);
}
