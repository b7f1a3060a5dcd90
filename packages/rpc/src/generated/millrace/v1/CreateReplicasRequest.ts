// Original file: proto/millrace/v1/cluster.proto

import type { ReplicaToCreate as _millrace_v1_ReplicaToCreate, ReplicaToCreate__Output as _millrace_v1_ReplicaToCreate__Output } from '../../millrace/v1/ReplicaToCreate.ts';
import type { Long } from '@grpc/proto-loader';

export interface CreateReplicasRequest {
  'coordinatorTerm'?: (number | string | Long);
  'replicas'?: (_millrace_v1_ReplicaToCreate)[];
}

export interface CreateReplicasRequest__Output {
  'coordinatorTerm': (number);
  'replicas': (_millrace_v1_ReplicaToCreate__Output)[];
}
