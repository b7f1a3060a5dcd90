// Original file: proto/millrace/v1/storage.proto

import type { Status as _millrace_v1_Status, Status__Output as _millrace_v1_Status__Output } from '../../millrace/v1/Status.ts';
import type { Long } from '@grpc/proto-loader';

export interface ReadChunk {
  'status'?: (_millrace_v1_Status);
  'frames'?: (Buffer | Uint8Array | string);
  'firstOffset'?: (number | string | Long);
  'recordCount'?: (number);
  'nextOffset'?: (number | string | Long);
  'last'?: (boolean);
  'endOfShard'?: (boolean);
  'millisBehindLatest'?: (number | string | Long);
  'trimOffset'?: (number | string | Long);
  'leaderHint'?: (string);
}

export interface ReadChunk__Output {
  'status': (_millrace_v1_Status__Output);
  'frames': (Buffer);
  'firstOffset': (number);
  'recordCount': (number);
  'nextOffset': (number);
  'last': (boolean);
  'endOfShard': (boolean);
  'millisBehindLatest': (number);
  'trimOffset': (number);
  'leaderHint': (string);
}
