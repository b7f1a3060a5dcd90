/**
 * DELETING → gone: consumers first, then shards are dropped, and when the cluster side has removed all shard records
 * (it does so once every replica has its tombstone) the stream's own record goes and its name is free.
 */
import type { ControlLimits } from "../control/control-operation.ts";
import { deletedConsumer } from "../control/consumer-record.ts";
import type { StreamRecord } from "../state/cluster-state.ts";
import type { ChangeDraft } from "./change-draft.ts";

/** One step of the deletion of `stream`. */
export function advanceDeletion(draft: ChangeDraft, stream: StreamRecord, nowMs: number, limits: ControlLimits): void {
  const consumers = draft.consumersOf(stream.streamUid);
  for (const consumer of consumers) {
    if (consumer.status !== "DELETING") draft.putConsumer(deletedConsumer(consumer, nowMs, limits));
  }
  if (consumers.length > 0) return;
  const shards = draft.shardsOf(stream.streamUid);
  for (const shard of shards) {
    if (shard.state !== "dropping") draft.putShard({ ...shard, state: "dropping" });
  }
  if (shards.length > 0 || nowMs < stream.activeAtMs) return;
  draft.put([{ table: "stream", key: stream.streamUid, value: undefined }]);
}
