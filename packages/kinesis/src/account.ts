/** Accounts of a self-hosted service: there is no directory, so the access key names the account. */

/** The account of callers whose access key id is not an account number. */
export const DEFAULT_ACCOUNT_ID = "000000000000";

/** An access key id of 12 digits is the account itself, as local emulators have it; any other is of `defaultAccountId`. */
export function accountOf(accessKeyId: string, defaultAccountId: string = DEFAULT_ACCOUNT_ID): string {
  return /^\d{12}$/.test(accessKeyId) ? accessKeyId : defaultAccountId;
}
