/** Fan-out consumers: their records, how requests name them and how answers show them. */
import type { ClusterState, ConsumerRecord } from "../state/cluster-state.ts";
import { parseConsumerArn, parseStreamArn } from "./arn.ts";
import { accessDenied, type Checked, consumerNotFound, invalidArgument } from "./control-errors.ts";
import type { ControlContext, ControlLimits } from "./control-operation.ts";
import { findStream } from "./stream-address.ts";

/** The members by which consumer operations are addressed: the ARN, or stream and name, or all when they agree. */
export interface ConsumerAddress {
  readonly StreamARN?: string | undefined;
  readonly ConsumerName?: string | undefined;
  readonly ConsumerARN?: string | undefined;
}

/** `consumer` in DELETING. It stays until its creation second is over: its ARN must not come back. */
export function deletedConsumer(consumer: ConsumerRecord, nowMs: number, limits: ControlLimits): ConsumerRecord {
  const secondAfterCreationMs = (Math.floor(consumer.createdMs / 1000) + 1) * 1000;
  return { ...consumer, status: "DELETING", settlesAtMs: Math.max(nowMs + limits.settleMs, secondAfterCreationMs) };
}

/** The consumer that `address` names. */
export function findConsumer(
  state: ClusterState,
  address: ConsumerAddress,
  context: ControlContext,
  operation: string,
): Checked<ConsumerRecord> {
  const { StreamARN: streamArn, ConsumerName: name, ConsumerARN: arn } = address;
  if (arn !== undefined) return findByArn(state, arn, address, context, operation);
  if (streamArn === undefined || name === undefined) {
    return invalidArgument("Either ConsumerARN or both StreamARN and ConsumerName should be provided.");
  }
  const stream = findStream(state, { StreamARN: streamArn }, context, operation);
  if ("error" in stream) return stream;
  const value = state.consumersOf(stream.value.streamUid).find((consumer) => consumer.name === name);
  return value === undefined ? consumerNotFound(name, stream.value.accountId) : { value };
}

/** AWS's Consumer structure. */
export function describeConsumer(consumer: ConsumerRecord): Readonly<Record<string, unknown>> {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumer.consumerArn,
    ConsumerStatus: consumer.status,
    ConsumerCreationTimestamp: consumer.createdMs,
  };
}

function findByArn(
  state: ClusterState,
  arn: string,
  address: ConsumerAddress,
  context: ControlContext,
  operation: string,
): Checked<ConsumerRecord> {
  const parts = parseConsumerArn(arn);
  if (parts === undefined) return invalidArgument(`ConsumerARN ${arn} is not the ARN of a consumer.`);
  const stream = address.StreamARN === undefined ? parts : parseStreamArn(address.StreamARN);
  const sameStream =
    stream?.streamName === parts.streamName && stream.accountId === parts.accountId && stream.region === parts.region;
  if (!sameStream || (address.ConsumerName ?? parts.consumerName) !== parts.consumerName) {
    return invalidArgument("ConsumerARN, StreamARN and ConsumerName do not name the same consumer.");
  }
  // A region is a namespace, as for streams.
  if (parts.region !== context.region) return consumerNotFound(arn, parts.accountId);
  if (parts.accountId !== context.accountId) return accessDenied(context.principalArn, operation, arn);
  const value = state.consumers.get(arn);
  return value === undefined ? consumerNotFound(arn, parts.accountId) : { value };
}
