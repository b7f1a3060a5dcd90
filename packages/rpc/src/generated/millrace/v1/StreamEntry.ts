// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface StreamEntry {
  'streamUid'?: (number | string | Long);
  'accountId'?: (string);
  'region'?: (string);
  'name'?: (string);
  'status'?: (string);
  'createdMs'?: (number | string | Long);
  'mode'?: (string);
  'retentionHours'?: (number);
  'maxRecordBytes'?: (number);
  'autoDistribution'?: (boolean);
  'shardMetrics'?: (string)[];
  'encryptionKeyId'?: (string);
}

export interface StreamEntry__Output {
  'streamUid': (number);
  'accountId': (string);
  'region': (string);
  'name': (string);
  'status': (string);
  'createdMs': (number);
  'mode': (string);
  'retentionHours': (number);
  'maxRecordBytes': (number);
  'autoDistribution': (boolean);
  'shardMetrics': (string)[];
  'encryptionKeyId': (string);
}
