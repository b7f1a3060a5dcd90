// Original file: proto/millrace/v1/storage.proto

import type { AppendResult as _millrace_v1_AppendResult, AppendResult__Output as _millrace_v1_AppendResult__Output } from '../../millrace/v1/AppendResult.ts';

export interface AppendResultBatch {
  'results'?: (_millrace_v1_AppendResult)[];
}

export interface AppendResultBatch__Output {
  'results': (_millrace_v1_AppendResult__Output)[];
}
