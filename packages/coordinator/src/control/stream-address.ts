/** How requests name a stream (StreamName, StreamARN or both) and what its state allows. */
import type { ClusterState, StreamRecord } from "../state/cluster-state.ts";
import { streamNameKey } from "../state/cluster-tables.ts";
import { parseStreamArn, streamArn } from "./arn.ts";
import {
  accessDenied,
  type Checked,
  invalidArgument,
  type NamedStream,
  streamNotActive,
  streamNotFound,
} from "./control-errors.ts";
import type { ControlContext } from "./control-operation.ts";

/** The members by which every stream operation is addressed. StreamId is reserved by AWS and ignored. */
export interface StreamAddress {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}

/**
 * The stream that `address` names. A name alone is of the caller's account. An ARN of another account needs a
 * resource policy; as long as policies are stored but not evaluated that is refused, never allowed by default.
 */
export function findStream(
  state: ClusterState,
  address: StreamAddress,
  context: ControlContext,
  operation: string,
): Checked<StreamRecord> {
  const { StreamName: name, StreamARN: arn } = address;
  if (arn === undefined) {
    if (name === undefined) return invalidArgument("Either StreamName or StreamARN should be provided.");
    return findByName(state, { accountId: context.accountId, region: context.region, name });
  }
  const parts = parseStreamArn(arn);
  if (parts === undefined) return invalidArgument(`StreamARN ${arn} is not the ARN of a stream.`);
  if (name !== undefined && name !== parts.streamName) {
    return invalidArgument(`StreamName ${name} and StreamARN ${arn} do not name the same stream.`);
  }
  // A region is a namespace: what an ARN of another one names does not exist in the region that was signed for.
  if (parts.region !== context.region) return streamNotFound({ accountId: parts.accountId, name: parts.streamName });
  if (parts.accountId !== context.accountId) return accessDenied(context.principalArn, operation, arn);
  return findByName(state, { accountId: parts.accountId, region: parts.region, name: parts.streamName });
}

/** Name and account of the stream that `address` would name, there or not; undefined when it names none. */
export function namedAddress(address: StreamAddress, context: ControlContext): NamedStream | undefined {
  const { StreamName: name, StreamARN: arn } = address;
  if (name !== undefined) return { name, accountId: context.accountId };
  const parts = arn === undefined ? undefined : parseStreamArn(arn);
  return parts === undefined ? undefined : { name: parts.streamName, accountId: parts.accountId };
}

/** The stream, when it is ACTIVE. */
export function findActiveStream(
  state: ClusterState,
  address: StreamAddress,
  context: ControlContext,
  operation: string,
): Checked<StreamRecord> {
  const found = findStream(state, address, context, operation);
  if ("error" in found || found.value.status === "ACTIVE") return found;
  return streamNotActive(found.value);
}

/** The stream, when it serves records: ACTIVE or UPDATING. */
export function findServingStream(
  state: ClusterState,
  address: StreamAddress,
  context: ControlContext,
  operation: string,
): Checked<StreamRecord> {
  const found = findStream(state, address, context, operation);
  if ("error" in found || found.value.status === "ACTIVE" || found.value.status === "UPDATING") return found;
  return streamNotActive(found.value);
}

function findByName(
  state: ClusterState,
  wanted: { readonly accountId: string; readonly region: string; readonly name: string },
): Checked<StreamRecord> {
  const value = state.streamsByName.get(streamNameKey(wanted));
  return value === undefined ? streamNotFound(wanted) : { value };
}

/** StreamName and StreamARN as answers carry them. */
export function streamAddressOf(stream: StreamRecord): { StreamName: string; StreamARN: string } {
  return { StreamName: stream.name, StreamARN: streamArn(stream) };
}
