/** The account's minimum throughput commitment ("on-demand Advantage"), which unlocks warm throughput and more consumers. */
import type { AccountRecord, ClusterState } from "../state/cluster-state.ts";

/** How long a commitment lasts at least (AWS: EarliestAllowedEndAt is a day after the start). */
export const COMMITMENT_MIN_MS = 86_400_000;

/** Key of the account table. */
export function accountKey(account: { readonly accountId: string; readonly region: string }): string {
  return `${account.accountId}/${account.region}`;
}

/** The settings of an account in a region; an account that never changed any has the defaults. */
export function accountOf(
  state: ClusterState,
  account: { readonly accountId: string; readonly region: string },
): AccountRecord {
  const { accountId, region } = account;
  return (
    state.accounts.get(accountKey(account)) ?? {
      accountId,
      region,
      commitment: "DISABLED",
      commitmentStartedMs: 0,
      commitmentEndedMs: 0,
    }
  );
}

/** Whether the commitment is in force, also while it is running out. */
export function isCommitted(
  state: ClusterState,
  account: { readonly accountId: string; readonly region: string },
): boolean {
  return accountOf(state, account).commitment !== "DISABLED";
}

/** AWS's MinimumThroughputBillingCommitment structure. */
export function describeCommitment(account: AccountRecord): Readonly<Record<string, unknown>> {
  const { commitment, commitmentStartedMs: startedMs, commitmentEndedMs: endedMs } = account;
  return {
    Status: commitment,
    ...(startedMs === 0 ? {} : { StartedAt: startedMs }),
    ...(endedMs === 0 ? {} : { EndedAt: endedMs }),
    ...(startedMs === 0 || commitment === "DISABLED" ? {} : { EarliestAllowedEndAt: startedMs + COMMITMENT_MIN_MS }),
  };
}
