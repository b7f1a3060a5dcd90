// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface DigestLogReply {
  'ok'?: (boolean);
  'why'?: (string);
  'nextOffset'?: (number | string | Long);
  'frameCount'?: (number);
  'byteCount'?: (number | string | Long);
  'sha256'?: (string);
  'logStart'?: (number | string | Long);
  'logEnd'?: (number | string | Long);
  'commitOffset'?: (number | string | Long);
  'damagedOffsets'?: (number | string | Long)[];
}

export interface DigestLogReply__Output {
  'ok': (boolean);
  'why': (string);
  'nextOffset': (number);
  'frameCount': (number);
  'byteCount': (number);
  'sha256': (string);
  'logStart': (number);
  'logEnd': (number);
  'commitOffset': (number);
  'damagedOffsets': (number)[];
}
