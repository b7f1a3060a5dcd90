/** A commitment that was cancelled before its earliest end runs out then. */
import { accountKey, COMMITMENT_MIN_MS } from "../control/account-commitment.ts";
import type { ChangeDraft } from "./change-draft.ts";

/** Ends the commitments that are due. */
export function advanceCommitments(draft: ChangeDraft, nowMs: number): void {
  for (const account of draft.before.accounts.values()) {
    const endMs = account.commitmentStartedMs + COMMITMENT_MIN_MS;
    if (account.commitment !== "ENABLED_UNTIL_EARLIEST_ALLOWED_END" || nowMs < endMs) continue;
    const value = { ...account, commitment: "DISABLED", commitmentEndedMs: endMs } as const;
    draft.put([{ table: "account", key: accountKey(account), value }]);
  }
}
