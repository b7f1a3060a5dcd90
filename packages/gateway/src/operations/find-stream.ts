/** The stream a data operation is addressed to, and what its state allows. Texts as the service's, by stream name. */
import {
  kinesisError,
  resolveStream,
  resourceNotFound,
  streamArn,
  type KinesisError,
  type StreamIdentity,
} from "@millrace/kinesis";
import type { ClusterMap } from "../cluster/cluster-map.ts";
import type { StreamView } from "../cluster/stream-view.ts";
import type { Call, Outcome } from "./operation-context.ts";

/** How a request names a stream. */
export interface StreamAddress {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}

/** The stream `address` names; a name alone is of the caller's account. Other accounts need a policy: refused so far. */
export function addressedStream(address: StreamAddress, call: Call, operation: string): Outcome<StreamIdentity> {
  const resolved = resolveStream(address, { accountId: call.accountId, region: call.region });
  if ("error" in resolved) return resolved;
  // Of another region it does not exist here, whoever owns it there; whoever looks it up says so in its own words.
  if (resolved.ok.region !== call.region || resolved.ok.accountId === call.accountId) return resolved;
  return { error: accessDenied(call, operation, streamArn(resolved.ok)) };
}

/**
 * The stream in a state that takes and gives records; one still being created does not exist yet. Nor does one of another
 * region than `region`, the one that was signed for: a region is a namespace.
 */
export function findServingStream(map: ClusterMap, stream: StreamIdentity, region: string): StreamView | undefined {
  if (stream.region !== region) return undefined;
  const view = map.stream(stream.accountId, stream.region, stream.streamName);
  return view === undefined || view.entry.status === "CREATING" ? undefined : view;
}

/** Whether the stream has been deleted, or is being deleted, since `stream` was looked up. */
export function isGone(map: ClusterMap, stream: StreamView): boolean {
  const now = map.streamOfUid(stream.entry.streamUid);
  return now === undefined || now.entry.status === "DELETING";
}

/** RNF for a stream. */
export function streamNotFound(stream: StreamIdentity): KinesisError {
  return resourceNotFound(`Stream ${stream.streamName} under account ${stream.accountId} not found.`);
}

/** AD for a resource of another account. */
export function accessDenied(call: Call, operation: string, arn: string): KinesisError {
  const action = `kinesis:${operation}`;
  return kinesisError(
    "AccessDeniedException",
    `User: ${call.principalArn} is not authorized to perform: ${action} on resource: ${arn} because no resource-based policy allows the ${action} action`,
  );
}

/** What a dry run of a call that would succeed is answered with. */
export function dryRunSucceeded(): KinesisError {
  return kinesisError("DryRunOperationException", "The request would have succeeded, but the DryRun parameter is set.");
}
