/** What starting and stopping encryption share: the request, the daily limit, the change. */
import type { ClusterState } from "../state/cluster-state.ts";
import { invalidArgument, limitExceeded } from "./control-errors.ts";
import type { ControlContext, ControlOutcome } from "./control-operation.ts";
import { recentChanges } from "./recent-changes.ts";
import { findActiveStream, type StreamAddress } from "./stream-address.ts";
import { updateStream } from "./stream-change.ts";

/** Members of both requests. */
export interface StreamEncryptionInput extends StreamAddress {
  readonly EncryptionType: "NONE" | "KMS";
  readonly KeyId: string;
}

/** Changes per stream in a rolling day (AWS API reference). */
const ENCRYPTION_CHANGES_PER_DAY_MAX = 25;

/** Sets the stream's key to `encryptionKeyId`, empty for none. The stream is UPDATING meanwhile. */
export function changeEncryption(
  state: ClusterState,
  input: StreamEncryptionInput,
  context: ControlContext,
  change: { readonly operation: string; readonly encryptionKeyId: string },
): ControlOutcome {
  const found = findActiveStream(state, input, context, change.operation);
  if ("error" in found) return found;
  const stream = found.value;
  if (input.EncryptionType !== "KMS") return invalidArgument("EncryptionType must be KMS.");
  const recent = recentChanges(stream.encryptionChangesMs, ENCRYPTION_CHANGES_PER_DAY_MAX, context);
  if (recent.exhausted) {
    return limitExceeded(
      `Encryption of stream ${stream.name} under account ${stream.accountId} was changed ${ENCRYPTION_CHANGES_PER_DAY_MAX} times in ` +
        `the last 24 hours. Limit: ${ENCRYPTION_CHANGES_PER_DAY_MAX}.`,
    );
  }
  const encryptionChangesMs = [...recent.timesMs, context.nowMs];
  return updateStream({ ...stream, encryptionKeyId: change.encryptionKeyId, encryptionChangesMs }, context);
}
