// Original file: proto/millrace/v1/storage.proto

import type { Long } from '@grpc/proto-loader';

export interface SubscribeRequest {
  'shardUid'?: (number | string | Long);
  'fromOffset'?: (number | string | Long);
  'consumerArn'?: (string);
  'requestId'?: (string);
  'fromLatest'?: (boolean);
  'claimId'?: (string);
  'claimedMs'?: (number | string | Long);
}

export interface SubscribeRequest__Output {
  'shardUid': (number);
  'fromOffset': (number);
  'consumerArn': (string);
  'requestId': (string);
  'fromLatest': (boolean);
  'claimId': (string);
  'claimedMs': (number);
}
