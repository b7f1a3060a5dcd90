/** Every control operation by its API name. */
import type { ControlOperation } from "./control-operation.ts";
import { createStream } from "./create-stream.ts";
import { deleteStream } from "./delete-stream.ts";
import { describeStream } from "./describe-stream.ts";
import { describeStreamSummary } from "./describe-stream-summary.ts";
import { listShards } from "./list-shards.ts";
import { listStreams } from "./list-streams.ts";

/** What the coordinator answers itself. Inputs have passed the validation of the operation of the same name. */
export const controlOperations: ReadonlyMap<string, ControlOperation> = new Map<string, ControlOperation>([
  ["CreateStream", createStream],
  ["DeleteStream", deleteStream],
  ["DescribeStream", describeStream],
  ["DescribeStreamSummary", describeStreamSummary],
  ["ListShards", listShards],
  ["ListStreams", listStreams],
]);
