// Original file: proto/millrace/v1/storage.proto

import type { Long } from '@grpc/proto-loader';

export interface ClaimRequest {
  'shardUid'?: (number | string | Long);
  'consumerArn'?: (string);
  'claimId'?: (string);
  'dryRun'?: (boolean);
  'requestId'?: (string);
}

export interface ClaimRequest__Output {
  'shardUid': (number);
  'consumerArn': (string);
  'claimId': (string);
  'dryRun': (boolean);
  'requestId': (string);
}
