/** UpdateAccountSettings: starts, cancels or takes back the cancelling of the minimum throughput commitment. */
import type { AccountRecord } from "../state/cluster-state.ts";
import { accountKey, accountOf, COMMITMENT_MIN_MS, describeCommitment } from "./account-commitment.ts";
import type { ControlOperation } from "./control-operation.ts";

/** Members of an UpdateAccountSettings request. */
export interface UpdateAccountSettingsInput {
  readonly MinimumThroughputBillingCommitment: { readonly Status: "ENABLED" | "DISABLED" };
}

/** DISABLED within a day of the start takes effect when the day is over. */
export const updateAccountSettings: ControlOperation<UpdateAccountSettingsInput> = (state, input, context) => {
  const before = accountOf(state, context);
  const wanted = input.MinimumThroughputBillingCommitment.Status;
  const value = wanted === "ENABLED" ? enable(before, context.nowMs) : disable(before, context.nowMs);
  return {
    output: { MinimumThroughputBillingCommitment: describeCommitment(value) },
    changes: [{ table: "account", key: accountKey(value), value }],
  };
};

function enable(account: AccountRecord, nowMs: number): AccountRecord {
  if (account.commitment !== "DISABLED") return { ...account, commitment: "ENABLED" };
  return { ...account, commitment: "ENABLED", commitmentStartedMs: nowMs, commitmentEndedMs: 0 };
}

function disable(account: AccountRecord, nowMs: number): AccountRecord {
  if (account.commitment === "DISABLED") return account;
  if (nowMs >= account.commitmentStartedMs + COMMITMENT_MIN_MS) {
    return { ...account, commitment: "DISABLED", commitmentEndedMs: nowMs };
  }
  return { ...account, commitment: "ENABLED_UNTIL_EARLIEST_ALLOWED_END" };
}
