/** DeleteStream: consumers go first when asked for, then shards, then the record; the name is free after that. */
import type { StateChange, StreamRecord } from "../state/cluster-state.ts";
import { streamHasConsumers, streamNotActive } from "./control-errors.ts";
import { deletedConsumer } from "./consumer-record.ts";
import type { ControlOperation } from "./control-operation.ts";
import { findStream, type StreamAddress } from "./stream-address.ts";

/** Members of a DeleteStream request. */
export interface DeleteStreamInput extends StreamAddress {
  readonly EnforceConsumerDeletion?: boolean | undefined;
}

/**
 * Accepted in ACTIVE and UPDATING. The stream stays DELETING at least until the second after its youngest shard's
 * creation second, so that a stream of the same name can never repeat a sequence number.
 */
export const deleteStream: ControlOperation<DeleteStreamInput> = (state, input, context) => {
  const found = findStream(state, input, context, "DeleteStream");
  if ("error" in found) return found;
  const stream = found.value;
  if (stream.status === "CREATING" || stream.status === "DELETING") return streamNotActive(stream);
  const consumers = state.consumersOf(stream.streamUid);
  if (consumers.length > 0 && input.EnforceConsumerDeletion !== true) return streamHasConsumers(stream);
  const shards = state.shardsOf(stream.streamUid);
  const youngestSeconds = shards.reduce((seconds, shard) => Math.max(seconds, shard.createdSeconds), 0);
  const deleting: StreamRecord = {
    ...stream,
    status: "DELETING",
    reshard: undefined,
    activeAtMs: Math.max(context.nowMs + context.limits.settleMs, (youngestSeconds + 1) * 1000),
  };
  const changes: StateChange[] = [{ table: "stream", key: stream.streamUid, value: deleting }];
  for (const consumer of consumers) {
    if (consumer.status === "DELETING") continue;
    changes.push({
      table: "consumer",
      key: consumer.consumerArn,
      value: deletedConsumer(consumer, context.nowMs, context.limits),
    });
  }
  return { output: undefined, changes };
};
