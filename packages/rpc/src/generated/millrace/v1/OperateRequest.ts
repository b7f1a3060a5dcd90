// Original file: proto/millrace/v1/cluster.proto


export interface OperateRequest {
  'operation'?: (string);
  'inputJson'?: (Buffer | Uint8Array | string);
}

export interface OperateRequest__Output {
  'operation': (string);
  'inputJson': (Buffer);
}
