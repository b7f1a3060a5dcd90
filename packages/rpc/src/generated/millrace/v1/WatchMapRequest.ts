// Original file: proto/millrace/v1/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchMapRequest {
  'holder'?: (string);
  'haveVersion'?: (number | string | Long);
  'protocolVersionMin'?: (number);
  'protocolVersionMax'?: (number);
}

export interface WatchMapRequest__Output {
  'holder': (string);
  'haveVersion': (number);
  'protocolVersionMin': (number);
  'protocolVersionMax': (number);
}
