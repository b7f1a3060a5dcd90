// Original file: proto/millrace/v1/cluster.proto


export interface ControlRequest {
  'operation'?: (string);
  'accountId'?: (string);
  'region'?: (string);
  'principalArn'?: (string);
  'inputJson'?: (Buffer | Uint8Array | string);
  'requestId'?: (string);
}

export interface ControlRequest__Output {
  'operation': (string);
  'accountId': (string);
  'region': (string);
  'principalArn': (string);
  'inputJson': (Buffer);
  'requestId': (string);
}
