// Original file: proto/millrace/v1/cluster.proto

import type { SealReply as _millrace_v1_SealReply, SealReply__Output as _millrace_v1_SealReply__Output } from '../../millrace/v1/SealReply.ts';
import type { Long } from '@grpc/proto-loader';

export interface SealReplies {
  'boot'?: (number | string | Long);
  'replies'?: (_millrace_v1_SealReply)[];
}

export interface SealReplies__Output {
  'boot': (number);
  'replies': (_millrace_v1_SealReply__Output)[];
}
