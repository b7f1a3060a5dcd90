// Original file: proto/millrace/v1/storage.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/millrace/v1/storage.proto

export const _millrace_v1_LocateRequest_What = {
  LATEST: 'LATEST',
  TIME: 'TIME',
  NOTHING: 'NOTHING',
} as const;

export type _millrace_v1_LocateRequest_What =
  | 'LATEST'
  | 0
  | 'TIME'
  | 1
  | 'NOTHING'
  | 2

export type _millrace_v1_LocateRequest_What__Output = typeof _millrace_v1_LocateRequest_What[keyof typeof _millrace_v1_LocateRequest_What]

export interface LocateRequest {
  'shardUid'?: (number | string | Long);
  'what'?: (_millrace_v1_LocateRequest_What);
  'timeMs'?: (number | string | Long);
  'requestId'?: (string);
  'countsAgainstLimits'?: (boolean);
}

export interface LocateRequest__Output {
  'shardUid': (number);
  'what': (_millrace_v1_LocateRequest_What__Output);
  'timeMs': (number);
  'requestId': (string);
  'countsAgainstLimits': (boolean);
}
