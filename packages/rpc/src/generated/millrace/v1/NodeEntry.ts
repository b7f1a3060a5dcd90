// Original file: proto/millrace/v1/cluster.proto


export interface NodeEntry {
  'nodeId'?: (string);
  'zone'?: (string);
  'address'?: (string);
  'alive'?: (boolean);
}

export interface NodeEntry__Output {
  'nodeId': (string);
  'zone': (string);
  'address': (string);
  'alive': (boolean);
}
