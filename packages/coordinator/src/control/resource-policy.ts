/** What may be stored as a resource policy. Policies are stored and reported; nothing evaluates them. */
import { invalidArgument, type Refused } from "./control-errors.ts";

/** Longest policy that is kept (AWS: resource-based policies of 20 KB). */
const POLICY_BYTES_MAX = 20_480;

/** Why `policy` cannot be stored, or undefined. */
export function refusePolicy(policy: string): Refused | undefined {
  if (Buffer.byteLength(policy) > POLICY_BYTES_MAX) {
    return invalidArgument(`The policy is longer than ${POLICY_BYTES_MAX} bytes.`);
  }
  try {
    const document: unknown = JSON.parse(policy);
    if (typeof document === "object" && document !== null && "Statement" in document) return undefined;
  } catch {
    // Not JSON: refused below like any other text that is no policy.
  }
  return invalidArgument("The policy is not a JSON policy document with a Statement.");
}
