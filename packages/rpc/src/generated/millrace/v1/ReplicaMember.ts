// Original file: proto/millrace/v1/peer.proto


export interface ReplicaMember {
  'nodeId'?: (string);
  'replicaUuid'?: (string);
  'zone'?: (string);
}

export interface ReplicaMember__Output {
  'nodeId': (string);
  'replicaUuid': (string);
  'zone': (string);
}
