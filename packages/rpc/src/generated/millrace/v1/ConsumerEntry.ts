// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface ConsumerEntry {
  'consumerArn'?: (string);
  'streamUid'?: (number | string | Long);
  'name'?: (string);
  'status'?: (string);
  'createdMs'?: (number | string | Long);
}

export interface ConsumerEntry__Output {
  'consumerArn': (string);
  'streamUid': (number);
  'name': (string);
  'status': (string);
  'createdMs': (number);
}
