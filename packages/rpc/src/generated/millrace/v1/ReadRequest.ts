// Original file: proto/millrace/v1/storage.proto

import type { Long } from '@grpc/proto-loader';

export interface ReadRequest {
  'shardUid'?: (number | string | Long);
  'fromOffset'?: (number | string | Long);
  'maxRecords'?: (number);
  'maxBytes'?: (number);
  'countsAgainstLimits'?: (boolean);
  'requestId'?: (string);
}

export interface ReadRequest__Output {
  'shardUid': (number);
  'fromOffset': (number);
  'maxRecords': (number);
  'maxBytes': (number);
  'countsAgainstLimits': (boolean);
  'requestId': (string);
}
