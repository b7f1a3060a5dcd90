// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface ReadFramesReply {
  'ok'?: (boolean);
  'why'?: (string);
  'frames'?: (Buffer | Uint8Array | string);
  'nextOffset'?: (number | string | Long);
  'commitOffset'?: (number | string | Long);
}

export interface ReadFramesReply__Output {
  'ok': (boolean);
  'why': (string);
  'frames': (Buffer);
  'nextOffset': (number);
  'commitOffset': (number);
}
