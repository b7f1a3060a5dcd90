/** A put from addressed records to their outcomes, the same for PutRecord, PutRecords and the gRPC service. */
import { crc32 } from "@millrace/base";
import { orderingNumberFault, orderingOnAutoStream, type KinesisError } from "@millrace/kinesis";
import type { StreamView } from "../cluster/stream-view.ts";
import {
  addressedStream,
  dryRunSucceeded,
  findServingStream,
  streamNotFound,
  type StreamAddress,
} from "../operations/find-stream.ts";
import type { Call, OperationContext } from "../operations/operation-context.ts";
import { groupRecords } from "./group-records.ts";
import { deliver, type PutOutcome } from "./put-delivery.ts";
import type { PutSource } from "./put-source.ts";

/** What is put where. */
export interface PutRequest {
  readonly operation: "PutRecord" | "PutRecords";
  readonly address: StreamAddress;
  readonly source: PutSource;
  readonly dryRun?: boolean | undefined;
  readonly sequenceNumberForOrdering?: string | undefined;
}

/** A put that was carried out, record by record. */
export interface PutDone {
  readonly stream: StreamView;
  readonly outcome: PutOutcome;
}

/** See the file comment. `general` means: decode the body the general way and come again. */
export type PutResult = PutDone | { readonly error: KinesisError } | { readonly general: true };

/** Service-managed distribution goes on over the shards from request to request. */
let nextRotation = 0;
const ROTATION_MAX = 0x3fff_ffff;

/** See the file comment. */
export function executePut(context: OperationContext, call: Call, request: PutRequest): PutResult | Promise<PutResult> {
  const key = addressedStream(request.address, call, request.operation);
  if ("error" in key) return key;
  const stream = findServingStream(context.map, key.ok, call.region);
  if (stream === undefined || stream.routing.shards.length === 0) return { error: streamNotFound(key.ok) };
  const { entry } = stream;
  const { routing } = stream;
  const grouped = groupRecords(request.source, {
    routing,
    maxRecordBytes: entry.maxRecordBytes,
    rotateFrom: entry.autoDistribution ? rotationOf(call, request.source.count) : undefined,
    single: request.operation === "PutRecord",
  });
  if (!("groups" in grouped)) return grouped;
  const ordering = request.sequenceNumberForOrdering;
  const fault = ordering === undefined ? undefined : orderingFault(ordering, stream, context.clock.nowMs());
  if (fault !== undefined) return { error: fault };
  if (request.dryRun === true) return { error: dryRunSucceeded() };
  const delivered = deliver(context, stream, grouped.groups, call, request.source.count);
  return delivered.then((outcome) => {
    context.metrics.put(entry.name, request.source, outcome);
    return { stream, outcome };
  });
}

/** Every try of a named call begins at the same shard, or none would be known as a repeat. */
function rotationOf({ invocationId }: Call, count: number): number {
  if (invocationId !== undefined) return crc32(Buffer.from(invocationId)) & ROTATION_MAX;
  nextRotation = (nextRotation + count) & ROTATION_MAX;
  return nextRotation;
}

/** Offsets only grow, so the new record's number is above any that was ever given out. */
function orderingFault(text: string, stream: StreamView, nowMs: number): KinesisError | undefined {
  const { name: streamName, accountId, autoDistribution } = stream.entry;
  return autoDistribution ? orderingOnAutoStream() : orderingNumberFault(text, { accountId, streamName }, nowMs);
}
