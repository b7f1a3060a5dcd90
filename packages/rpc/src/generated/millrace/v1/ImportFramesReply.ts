// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface ImportFramesReply {
  'ok'?: (boolean);
  'why'?: (string);
  'nextOffset'?: (number | string | Long);
}

export interface ImportFramesReply__Output {
  'ok': (boolean);
  'why': (string);
  'nextOffset': (number);
}
