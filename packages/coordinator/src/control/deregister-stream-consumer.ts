/** DeregisterStreamConsumer: DELETING, then gone. */
import { type ConsumerAddress, deletedConsumer, findConsumer } from "./consumer-record.ts";
import type { ControlOperation } from "./control-operation.ts";
import { changeNothing } from "./stream-change.ts";

/** A consumer that is being deleted already is no error. */
export const deregisterStreamConsumer: ControlOperation<ConsumerAddress> = (state, input, context) => {
  const found = findConsumer(state, input, context, "DeregisterStreamConsumer");
  if ("error" in found) return found;
  if (found.value.status === "DELETING") return changeNothing();
  const value = deletedConsumer(found.value, context.nowMs, context.limits);
  return { output: undefined, changes: [{ table: "consumer", key: value.consumerArn, value }] };
};
