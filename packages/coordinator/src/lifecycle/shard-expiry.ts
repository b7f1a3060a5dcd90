/**
 * Closed shards vanish when the retention period after their closing has passed, which no clock decides alone. Their
 * indices never come back.
 */
import type { StreamRecord } from "../state/cluster-state.ts";
import type { ChangeDraft } from "./change-draft.ts";
import type { LifecycleFacts } from "./lifecycle-facts.ts";

const MS_PER_HOUR = 3_600_000;

/** Drops the expired shards of `stream`. Children keep the ids of parents that are gone. */
export function advanceExpiry(draft: ChangeDraft, stream: StreamRecord, nowMs: number, facts: LifecycleFacts): void {
  if (!facts.clockAgrees) return;
  const horizonMs = nowMs - stream.retentionHours * MS_PER_HOUR;
  for (const shard of draft.shardsOf(stream.streamUid)) {
    if (shard.state === "closed" && shard.closedMs < horizonMs) draft.putShard({ ...shard, state: "dropping" });
  }
}
