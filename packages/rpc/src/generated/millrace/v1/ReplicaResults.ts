// Original file: proto/millrace/v1/cluster.proto

import type { ReplicaResult as _millrace_v1_ReplicaResult, ReplicaResult__Output as _millrace_v1_ReplicaResult__Output } from '../../millrace/v1/ReplicaResult.ts';

export interface ReplicaResults {
  'results'?: (_millrace_v1_ReplicaResult)[];
}

export interface ReplicaResults__Output {
  'results': (_millrace_v1_ReplicaResult__Output)[];
}
