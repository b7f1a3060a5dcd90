// Original file: proto/etcd/v3/etcd.proto

import type { Long } from '@grpc/proto-loader';

export interface ResponseHeader {
  'revision'?: (number | string | Long);
}

export interface ResponseHeader__Output {
  'revision': (number);
}
