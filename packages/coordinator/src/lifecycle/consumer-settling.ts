/** Consumers: CREATING → ACTIVE and DELETING → gone after their time. */
import type { ChangeDraft } from "./change-draft.ts";

/** Settles every consumer of the stream that is due. */
export function advanceConsumers(draft: ChangeDraft, streamUid: number, nowMs: number): void {
  for (const consumer of draft.consumersOf(streamUid)) {
    if (consumer.status === "ACTIVE" || nowMs < consumer.settlesAtMs) continue;
    if (consumer.status === "CREATING") draft.putConsumer({ ...consumer, status: "ACTIVE", settlesAtMs: 0 });
    else draft.put([{ table: "consumer", key: consumer.consumerArn, value: undefined }]);
  }
}
