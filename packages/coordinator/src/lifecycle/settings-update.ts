/** UPDATING for a setting that takes no work in the cluster: ACTIVE again when its time has passed. */
import type { StreamRecord } from "../state/cluster-state.ts";
import type { ChangeDraft } from "./change-draft.ts";

/** Settles `stream`, which is UPDATING without a reshard. */
export function advanceSettings(draft: ChangeDraft, stream: StreamRecord, nowMs: number): void {
  if (nowMs >= stream.activeAtMs) draft.putStream({ ...stream, status: "ACTIVE", activeAtMs: 0 });
}
