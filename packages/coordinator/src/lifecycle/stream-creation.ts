/** CREATING → ACTIVE: when every shard has an open leader, all shards open in one change. */
import type { StreamRecord } from "../state/cluster-state.ts";
import type { ChangeDraft } from "./change-draft.ts";

/** Opens the shards of `stream` when all are ready. */
export function advanceCreation(draft: ChangeDraft, stream: StreamRecord, nowMs: number): void {
  if (stream.restoring === true) return;
  const shards = draft.shardsOf(stream.streamUid);
  if (!shards.every((shard) => shard.state === "ready")) return;
  const createdSeconds = Math.floor(nowMs / 1000);
  for (const shard of shards) draft.putShard({ ...shard, state: "open", createdSeconds });
  draft.putStream({ ...stream, status: "ACTIVE" });
}
