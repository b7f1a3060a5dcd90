/** DescribeStreamConsumer: a consumer and the ARN of its stream. */
import { streamArn } from "./arn.ts";
import { type ConsumerAddress, describeConsumer, findConsumer } from "./consumer-record.ts";
import { consumerNotFound } from "./control-errors.ts";
import type { ControlOperation } from "./control-operation.ts";
import { changeNothing } from "./stream-change.ts";

/** See the file comment. */
export const describeStreamConsumer: ControlOperation<ConsumerAddress> = (state, input, context) => {
  const found = findConsumer(state, input, context, "DescribeStreamConsumer");
  if ("error" in found) return found;
  const stream = state.streams.get(found.value.streamUid);
  if (stream === undefined) return consumerNotFound(found.value.consumerArn, context.accountId);
  return changeNothing({
    ConsumerDescription: { ...describeConsumer(found.value), StreamARN: streamArn(stream) },
  });
};
