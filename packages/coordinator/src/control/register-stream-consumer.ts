/** RegisterStreamConsumer: a fan-out consumer, CREATING at first. A name used again gets another ARN. */
import type { ClusterState, ConsumerRecord, StreamRecord } from "../state/cluster-state.ts";
import { isCommitted } from "./account-commitment.ts";
import { consumerArn } from "./arn.ts";
import { describeConsumer } from "./consumer-record.ts";
import { limitExceeded, type Refused, resourceInUse } from "./control-errors.ts";
import type { ControlContext, ControlOperation } from "./control-operation.ts";
import { findServingStream } from "./stream-address.ts";
import { addTags } from "./tags.ts";

/** Members of a RegisterStreamConsumer request. */
export interface RegisterStreamConsumerInput {
  readonly StreamARN: string;
  readonly ConsumerName: string;
  readonly Tags?: Readonly<Record<string, string>> | undefined;
}

/** Consumers of one stream that may be CREATING at once (AWS API reference). */
const CONSUMERS_CREATING_MAX = 5;
/** Consumers of a stream of a committed account (AWS: on-demand Advantage). */
const CONSUMERS_COMMITTED_MAX = 50;

/** See the file comment. */
export const registerStreamConsumer: ControlOperation<RegisterStreamConsumerInput> = (state, input, context) => {
  const found = findServingStream(state, { StreamARN: input.StreamARN }, context, "RegisterStreamConsumer");
  if ("error" in found) return found;
  const stream = found.value;
  const refusal = refuseConsumer(state, stream, input.ConsumerName, context);
  if (refusal !== undefined) return refusal;
  const tags = addTags({ name: input.ConsumerName, accountId: stream.accountId }, {}, input.Tags ?? {});
  if ("error" in tags) return tags;
  const consumer: ConsumerRecord = {
    consumerArn: consumerArn(stream, input.ConsumerName, context.nowMs),
    streamUid: stream.streamUid,
    name: input.ConsumerName,
    status: "CREATING",
    createdMs: context.nowMs,
    settlesAtMs: context.nowMs + context.limits.settleMs,
    tags: tags.value,
    policy: "",
  };
  return {
    output: { Consumer: describeConsumer(consumer) },
    changes: [{ table: "consumer", key: consumer.consumerArn, value: consumer }],
  };
};

function refuseConsumer(
  state: ClusterState,
  stream: StreamRecord,
  name: string,
  context: ControlContext,
): Refused | undefined {
  const consumers = state.consumersOf(stream.streamUid);
  const owner = `stream ${stream.name} under account ${stream.accountId}`;
  if (consumers.some((consumer) => consumer.name === name)) {
    return resourceInUse(`Consumer ${name} of ${owner} already exists.`);
  }
  const creating = consumers.filter((consumer) => consumer.status === "CREATING").length;
  if (creating >= CONSUMERS_CREATING_MAX && context.limits.paceLimitsOff !== true) {
    return limitExceeded(
      `Too many consumers of ${owner} are in state CREATING at once. Limit: ${CONSUMERS_CREATING_MAX}.`,
    );
  }
  const configuredMax = context.limits.consumersPerStreamMax;
  const limit = isCommitted(state, stream) ? Math.max(configuredMax, CONSUMERS_COMMITTED_MAX) : configuredMax;
  if (consumers.length < limit) return undefined;
  return limitExceeded(`This request would exceed the limit on the number of consumers of ${owner}. Limit: ${limit}.`);
}
