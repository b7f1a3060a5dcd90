// Original file: proto/millrace/v1/storage.proto

import type { Append as _millrace_v1_Append, Append__Output as _millrace_v1_Append__Output } from '../../millrace/v1/Append.ts';

export interface AppendBatch {
  'appends'?: (_millrace_v1_Append)[];
}

export interface AppendBatch__Output {
  'appends': (_millrace_v1_Append__Output)[];
}
