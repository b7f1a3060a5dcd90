/** ListStreams: the caller's streams of this region by name. */
import { streamsOfCaller } from "./account-usage.ts";
import type { ControlOperation } from "./control-operation.ts";
import { openPageToken, sealPageToken } from "./page-token.ts";
import { streamAddressOf } from "./stream-address.ts";

/** Members of a ListStreams request. */
export interface ListStreamsInput {
  readonly Limit?: number | undefined;
  readonly ExclusiveStartStreamName?: string | undefined;
  readonly NextToken?: string | undefined;
}

/** Default and greatest page (AWS API reference). */
const STREAMS_PER_PAGE_MAX = 100;
const OPERATION = "ListStreams";

/** Goes on after NextToken when there is one, else after ExclusiveStartStreamName, which need not exist. */
export const listStreams: ControlOperation<ListStreamsInput> = (state, input, context) => {
  let after = input.ExclusiveStartStreamName ?? "";
  if (input.NextToken !== undefined) {
    const opened = openPageToken<string>(OPERATION, input.NextToken, context);
    if ("error" in opened) return opened;
    after = opened.value;
  }
  const limit = Math.min(input.Limit ?? STREAMS_PER_PAGE_MAX, STREAMS_PER_PAGE_MAX);
  const rest = streamsOfCaller(state, context).filter((stream) => stream.name > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const more = rest.length > limit && last !== undefined;
  return {
    output: {
      StreamNames: page.map((stream) => stream.name),
      HasMoreStreams: more,
      ...(more ? { NextToken: sealPageToken(OPERATION, last.name, context) } : {}),
      StreamSummaries: page.map((stream) => ({
        ...streamAddressOf(stream),
        StreamStatus: stream.status,
        StreamModeDetails: { StreamMode: stream.mode },
        StreamCreationTimestamp: stream.createdMs,
      })),
    },
    changes: [],
  };
};
