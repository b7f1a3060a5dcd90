/** Takes received peer batches apart: messages to the machines, freshness questions and answers to whom they concern. */
import {
  decodePeerMessage,
  type FreshnessReply__Output,
  type FreshnessRequest__Output,
  type PeerBatch__Output,
} from "@millrace/rpc";
import type { Logger } from "@millrace/runtime";
import type { ReplicaHost } from "../replica/replica-host.ts";

/** Where the parts of a batch go. */
export interface PeerInboxParts {
  readonly host: ReplicaHost;
  readonly logger: Logger;
  readonly onFreshnessRequest: (from: string, request: FreshnessRequest__Output) => void;
  readonly onFreshnessReply: (from: string, reply: FreshnessReply__Output) => void;
}

/**
 * Delivers `batch` of node `from`. Envelopes for a replica this node is not are dropped; answers false when a frame
 * arrived damaged, which makes everything after it on that stream useless.
 */
export function deliverPeerBatch(parts: PeerInboxParts, from: string, batch: PeerBatch__Output): boolean {
  let intact = true;
  parts.host.batch(() => {
    for (const envelope of batch.envelopes) {
      const held = parts.host.get(envelope.shardUid);
      if (held === undefined || held.replica.replicaUuid !== envelope.toReplicaUuid) continue;
      const message = decodePeerMessage(envelope);
      if (message === undefined) {
        parts.logger.warn({ shard: envelope.shardUid, from, kind: envelope.kind }, "damaged or unknown peer message");
        intact = false;
        return;
      }
      const { fromReplicaUuid } = envelope;
      parts.host.feed(held, { type: "message", from, fromReplicaUuid, message });
    }
  });
  if (batch.freshnessRequest) parts.onFreshnessRequest(from, batch.freshnessRequest);
  if (batch.freshnessReply) parts.onFreshnessReply(from, batch.freshnessReply);
  return intact;
}
