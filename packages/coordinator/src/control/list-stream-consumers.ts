/** ListStreamConsumers: the consumers of a stream by name, in pages. */
import type { StreamRecord } from "../state/cluster-state.ts";
import { describeConsumer } from "./consumer-record.ts";
import { invalidArgument, streamNotFound } from "./control-errors.ts";
import type { ControlOperation } from "./control-operation.ts";
import { openPageToken, sealPageToken } from "./page-token.ts";
import { findStream } from "./stream-address.ts";
import { changeNothing } from "./stream-change.ts";
import { isGeneration } from "./stream-generation.ts";

/** Members of a ListStreamConsumers request; StreamCreationTimestamp in epoch milliseconds. */
export interface ListStreamConsumersInput {
  readonly StreamARN: string;
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly StreamCreationTimestamp?: number | undefined;
}

/** Default and greatest page (AWS API reference). */
const CONSUMERS_PER_PAGE_MAX = 100;
const OPERATION = "ListStreamConsumers";

interface ListingPlace {
  readonly streamUid: StreamRecord["streamUid"];
  readonly afterName: string;
}

/** A token goes only with the stream it was given for. */
export const listStreamConsumers: ControlOperation<ListStreamConsumersInput> = (state, input, context) => {
  const found = findStream(state, { StreamARN: input.StreamARN }, context, OPERATION);
  if ("error" in found) return found;
  const { streamUid } = found.value;
  if (!isGeneration(found.value, input.StreamCreationTimestamp)) return streamNotFound(found.value);
  let afterName = "";
  if (input.NextToken !== undefined) {
    const place = openPageToken<ListingPlace>(OPERATION, input.NextToken, context);
    if ("error" in place) return place;
    if (place.value.streamUid !== streamUid) return invalidArgument("NextToken is invalid.");
    afterName = place.value.afterName;
  }
  const limit = Math.min(input.MaxResults ?? CONSUMERS_PER_PAGE_MAX, CONSUMERS_PER_PAGE_MAX);
  const rest = state.consumersOf(streamUid).filter((consumer) => consumer.name > afterName);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const place = rest.length > limit && last !== undefined ? { streamUid, afterName: last.name } : undefined;
  return changeNothing({
    Consumers: page.map(describeConsumer),
    ...(place === undefined ? {} : { NextToken: sealPageToken(OPERATION, place, context) }),
  });
};
