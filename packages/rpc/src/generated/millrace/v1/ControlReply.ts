// Original file: proto/millrace/v1/cluster.proto


export interface ControlReply {
  'outputJson'?: (Buffer | Uint8Array | string);
  'errorType'?: (string);
  'errorMessage'?: (string);
}

export interface ControlReply__Output {
  'outputJson': (Buffer);
  'errorType': (string);
  'errorMessage': (string);
}
