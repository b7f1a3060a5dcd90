/** Operations that take a ResourceARN act on a stream or on a consumer: which one, and how it changes. */
import type { ClusterState, ConsumerRecord, StreamRecord } from "../state/cluster-state.ts";
import { parseConsumerArn } from "./arn.ts";
import { findConsumer } from "./consumer-record.ts";
import { type Checked, resourceInUse, resourceNotFound, streamNotActive } from "./control-errors.ts";
import type { ControlContext, ControlOutcome } from "./control-operation.ts";
import { findStream } from "./stream-address.ts";
import { changeStream } from "./stream-change.ts";
import type { Tags } from "./tags.ts";

/** What a ResourceARN names. */
export type Resource =
  | { readonly kind: "stream"; readonly stream: StreamRecord }
  | { readonly kind: "consumer"; readonly consumer: ConsumerRecord; readonly accountId: string };

/** The part of a resource that these operations read and write. */
export interface ResourceSettings {
  readonly tags: Tags;
  readonly policy: string;
}

/** The stream or consumer that `arn` names. */
export function findResource(
  state: ClusterState,
  arn: string,
  context: ControlContext,
  operation: string,
): Checked<Resource> {
  if (arn.includes(":channel/")) return resourceNotFound(`Resource ${arn} not found.`);
  if (parseConsumerArn(arn) === undefined) {
    const stream = findStream(state, { StreamARN: arn }, context, operation);
    return "error" in stream ? stream : { value: { kind: "stream", stream: stream.value } };
  }
  const consumer = findConsumer(state, { ConsumerARN: arn }, context, operation);
  if ("error" in consumer) return consumer;
  return { value: { kind: "consumer", consumer: consumer.value, accountId: context.accountId } };
}

/** The resource, when it may be changed: neither being created nor being deleted. */
export function findSettledResource(
  state: ClusterState,
  arn: string,
  context: ControlContext,
  operation: string,
): Checked<Resource> {
  const found = findResource(state, arn, context, operation);
  if ("error" in found) return found;
  const { status } = recordOf(found.value);
  if (status === "ACTIVE" || status === "UPDATING") return found;
  if (found.value.kind === "stream") return streamNotActive(found.value.stream);
  return resourceInUse(`Consumer ${arn} is not ACTIVE, instead in state ${status}`);
}

/** Tags and policy of the resource. */
export function settingsOf(resource: Resource): ResourceSettings {
  return recordOf(resource);
}

/** Name and account as messages about the resource's tags carry them. */
export function namedResource(resource: Resource): { readonly name: string; readonly accountId: string } {
  if (resource.kind === "stream") return resource.stream;
  return { name: resource.consumer.name, accountId: resource.accountId };
}

/** The outcome that gives the resource other tags or another policy. */
export function changeResource(resource: Resource, settings: Partial<ResourceSettings>): ControlOutcome {
  if (resource.kind === "stream") return changeStream({ ...resource.stream, ...settings });
  const value = { ...resource.consumer, ...settings };
  return { output: undefined, changes: [{ table: "consumer", key: value.consumerArn, value }] };
}

function recordOf(resource: Resource): StreamRecord | ConsumerRecord {
  return resource.kind === "stream" ? resource.stream : resource.consumer;
}
