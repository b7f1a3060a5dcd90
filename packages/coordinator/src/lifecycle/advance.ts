/**
 * The life cycle of streams, shards, consumers and accounts: what must change now, given the state and the facts. Called
 * after every change and every 100 ms. Pure; once its changes are applied a second call with the same facts goes on from
 * there and, when nothing is due, changes nothing.
 */
import { unreachable } from "@millrace/base";
import type { ControlLimits } from "../control/control-operation.ts";
import type { ClusterState, StateChange, StreamRecord } from "../state/cluster-state.ts";
import { ChangeDraft } from "./change-draft.ts";
import { advanceCommitments } from "./commitment-end.ts";
import { advanceConsumers } from "./consumer-settling.ts";
import type { LifecycleFacts } from "./lifecycle-facts.ts";
import { advanceReshard } from "./reshard-progress.ts";
import { advanceSettings } from "./settings-update.ts";
import { advanceExpiry } from "./shard-expiry.ts";
import { advanceCreation } from "./stream-creation.ts";
import { advanceDeletion } from "./stream-deletion.ts";

/** The changes that are due, to be applied atomically; empty when none are. */
export function advance(
  state: ClusterState,
  nowMs: number,
  limits: ControlLimits,
  facts: LifecycleFacts,
): readonly StateChange[] {
  const draft = new ChangeDraft(state);
  for (const stream of state.streams.values()) {
    advanceConsumers(draft, stream.streamUid, nowMs);
    advanceStream(draft, stream, nowMs, limits, facts);
  }
  advanceCommitments(draft, nowMs);
  return draft.changes();
}

function advanceStream(
  draft: ChangeDraft,
  stream: StreamRecord,
  nowMs: number,
  limits: ControlLimits,
  facts: LifecycleFacts,
): void {
  switch (stream.status) {
    case "CREATING":
      return advanceCreation(draft, stream, nowMs);
    case "UPDATING":
      if (stream.reshard === undefined) advanceSettings(draft, stream, nowMs);
      else advanceReshard(draft, stream, nowMs, facts);
      return advanceExpiry(draft, stream, nowMs, facts);
    case "ACTIVE":
      return advanceExpiry(draft, stream, nowMs, facts);
    case "DELETING":
      return advanceDeletion(draft, stream, nowMs, limits);
    default:
      return unreachable(stream.status);
  }
}
