// Original file: proto/millrace/v1/storage.proto

import type { Long } from '@grpc/proto-loader';

export interface Append {
  'correlation'?: (number | string | Long);
  'shardUid'?: (number | string | Long);
  'recordCount'?: (number);
  'userBytes'?: (number);
  'recordsCrc'?: (number);
  'appendId'?: (Buffer | Uint8Array | string);
  'records'?: (Buffer | Uint8Array | string);
  'requestId'?: (string);
}

export interface Append__Output {
  'correlation': (number);
  'shardUid': (number);
  'recordCount': (number);
  'userBytes': (number);
  'recordsCrc': (number);
  'appendId': (Buffer);
  'records': (Buffer);
  'requestId': (string);
}
