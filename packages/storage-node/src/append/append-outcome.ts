/** What becomes of one append, before it is put on the wire. */
import type { Status } from "@millrace/rpc";

/** The names of Status, without its numbers. */
export type StatusName = Extract<Status, string>;

/** See AppendResult in storage.proto. `leaderHint` is a node id or empty. */
export interface AppendOutcome {
  readonly status: StatusName;
  readonly baseOffset: number;
  readonly acceptedCount: number;
  readonly arrivalMs: number;
  readonly leaderHint: string;
}

/** Receives the outcome, exactly once. */
export type AppendReply = (outcome: AppendOutcome) => void;

/** A refusal or failure: nothing is known to be stored. */
export function refused(status: StatusName, leaderHint = ""): AppendOutcome {
  return { status, baseOffset: 0, acceptedCount: 0, arrivalMs: 0, leaderHint };
}
