/** GetShardIterator: checks where reading is to start and seals it. */
import { ServiceError } from "@millrace/base";
import {
  answerOf,
  checkStartingArguments,
  encodeResponse,
  positionOfSequenceNumber,
  sealIterator,
  shardRateExceeded,
  type DocumentProtocol,
  type GetShardIteratorInput,
  type IteratorPosition,
  type ShardIteratorType,
} from "@millrace/kinesis";
import { addressedStream, dryRunSucceeded } from "../operations/find-stream.ts";
import type { Call, OperationContext, Outcome } from "../operations/operation-context.ts";
import { findShard, type FoundShard } from "./find-shard.ts";
import { locate } from "./read-shard.ts";

const OPERATION = "GetShardIterator";
const NONCE_BYTES = 12;

/** The body of the answer. */
export async function answerGetShardIterator(
  context: OperationContext,
  call: Call,
  protocol: DocumentProtocol,
  input: GetShardIteratorInput,
): Promise<Outcome<Buffer>> {
  const iterator = await getShardIterator(context, call, input);
  return "error" in iterator ? iterator : { ok: encodeResponse(protocol, OPERATION, { ShardIterator: iterator.ok }) };
}

/** The iterator's text. */
export async function getShardIterator(
  context: OperationContext,
  call: Call,
  input: GetShardIteratorInput,
): Promise<Outcome<string>> {
  const identity = addressedStream(input, call, OPERATION);
  if ("error" in identity) return identity;
  const found = findShard(context.map, identity.ok, input.ShardId, call.region);
  if ("error" in found) return found;
  const position = await resolveStart(context, call, OPERATION, found.ok, {
    type: input.ShardIteratorType,
    sequenceNumber: input.StartingSequenceNumber,
    timestampMs: input.Timestamp,
  });
  if ("error" in position) return position;
  const counted = await countIterator(context, call, found.ok);
  if ("error" in counted) return counted;
  if (input.DryRun === true) return { error: dryRunSucceeded() };
  return { ok: sealPosition(context, found.ok, position.ok) };
}

/** The shard's leader counts what is given out; without limits nobody needs to be asked. */
async function countIterator(
  context: OperationContext,
  call: Call,
  { stream, shard }: FoundShard,
): Promise<Outcome<true>> {
  if (!context.limitsOn) return { ok: true };
  const counted = await locate(context, shard, "nothing", call.requestId, true);
  if (typeof counted !== "string") return { ok: true };
  const throttled = shardRateExceeded(shard.shardId, stream.entry.name, stream.entry.accountId);
  return { error: answerOf(new ServiceError(counted, "the iterator cannot be counted"), throttled) };
}

/** Where GetShardIterator and SubscribeToShard are asked to start. */
export interface StartRequest {
  readonly type: ShardIteratorType;
  readonly sequenceNumber: string | undefined;
  readonly timestampMs: number | undefined;
}

/** The position `start` means in a shard. LATEST is resolved now, times and the horizon at every read. */
export async function resolveStart(
  context: OperationContext,
  call: Call,
  operation: "GetShardIterator" | "SubscribeToShard",
  found: FoundShard,
  start: StartRequest,
): Promise<Outcome<IteratorPosition>> {
  const { type, sequenceNumber: startingSequenceNumber, timestampMs } = start;
  const checked = checkStartingArguments({ type, startingSequenceNumber, timestampMs }, context.clock.nowMs());
  if ("error" in checked) return checked;
  const point = checked.ok;
  const { shard, stream } = found;
  const { accountId, name: streamName } = stream.entry;
  if (point.kind === "sequenceNumber") {
    const address = { accountId, streamName };
    return positionOfSequenceNumber(point.text, point.type, { operation, shard: shard.sequence, stream: address });
  }
  if (point.kind !== "latest") return { ok: point };
  const located = await locate(context, shard, "latest", call.requestId);
  if (typeof located !== "string") return { ok: { kind: "offset", offset: located.commitOffset } };
  const throttled = shardRateExceeded(shard.shardId, streamName, accountId);
  return { error: answerOf(new ServiceError(located, "the tip of the shard cannot be found"), throttled) };
}

/** An iterator for a position in a shard. Every call gives another text. */
export function sealPosition(context: OperationContext, found: FoundShard, position: IteratorPosition): string {
  const { stream, shard } = found;
  return sealIterator(
    { key: context.map.tokenKey, nonce: context.random.bytes(NONCE_BYTES) },
    {
      streamUid: stream.entry.streamUid,
      shardUid: shard.shardUid,
      shardIndex: shard.entry.shardIndex,
      accountId: stream.entry.accountId,
      streamName: stream.entry.name,
      issuedMs: context.clock.nowMs(),
      position,
    },
  );
}
