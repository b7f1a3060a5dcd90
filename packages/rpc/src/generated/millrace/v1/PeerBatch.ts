// Original file: proto/millrace/v1/peer.proto

import type { PeerHello as _millrace_v1_PeerHello, PeerHello__Output as _millrace_v1_PeerHello__Output } from '../../millrace/v1/PeerHello.ts';
import type { PeerEnvelope as _millrace_v1_PeerEnvelope, PeerEnvelope__Output as _millrace_v1_PeerEnvelope__Output } from '../../millrace/v1/PeerEnvelope.ts';
import type { FreshnessRequest as _millrace_v1_FreshnessRequest, FreshnessRequest__Output as _millrace_v1_FreshnessRequest__Output } from '../../millrace/v1/FreshnessRequest.ts';
import type { FreshnessReply as _millrace_v1_FreshnessReply, FreshnessReply__Output as _millrace_v1_FreshnessReply__Output } from '../../millrace/v1/FreshnessReply.ts';

export interface PeerBatch {
  'hello'?: (_millrace_v1_PeerHello | null);
  'envelopes'?: (_millrace_v1_PeerEnvelope)[];
  'freshnessRequest'?: (_millrace_v1_FreshnessRequest | null);
  'freshnessReply'?: (_millrace_v1_FreshnessReply | null);
}

export interface PeerBatch__Output {
  'hello': (_millrace_v1_PeerHello__Output | null);
  'envelopes': (_millrace_v1_PeerEnvelope__Output)[];
  'freshnessRequest': (_millrace_v1_FreshnessRequest__Output | null);
  'freshnessReply': (_millrace_v1_FreshnessReply__Output | null);
}
