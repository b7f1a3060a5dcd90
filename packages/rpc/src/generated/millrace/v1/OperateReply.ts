// Original file: proto/millrace/v1/cluster.proto


export interface OperateReply {
  'outputJson'?: (Buffer | Uint8Array | string);
}

export interface OperateReply__Output {
  'outputJson': (Buffer);
}
