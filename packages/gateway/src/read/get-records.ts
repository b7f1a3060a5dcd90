/** GetRecords: one read from the leader of the iterator's shard, rendered from the bytes received. */
import { ServiceError, type ServiceErrorCode } from "@millrace/base";
import {
  answerOf,
  encodeGetRecords,
  openIterator,
  shardDoesNotExist,
  streamArn,
  type DocumentProtocol,
  type GetRecordsInput,
  type IteratorPosition,
  type KinesisError,
  type RecordsAnswer,
} from "@millrace/kinesis";
import { accessDenied, addressedStream, dryRunSucceeded } from "../operations/find-stream.ts";
import type { Call, OperationContext, Outcome } from "../operations/operation-context.ts";
import { childShards, type FoundShard } from "./find-shard.ts";
import { sealPosition } from "./get-shard-iterator.ts";
import { locate, readShard, type ShardReadResult } from "./read-shard.ts";
import { countRuns } from "./record-runs.ts";

/** Records of one answer, default and greatest `Limit` (AWS API reference). */
const RECORDS_MAX = 10_000;
/** Keys and data of one answer (AWS API reference). */
const BYTES_MAX = 10 * 1024 * 1024;

/** The body of the answer. */
export async function answerGetRecords(
  context: OperationContext,
  call: Call,
  protocol: DocumentProtocol,
  input: GetRecordsInput,
): Promise<Outcome<Buffer>> {
  const read = await getRecords(context, call, input);
  if ("error" in read) return read;
  const { answer, heldBytes } = read.ok;
  try {
    return { ok: encodeGetRecords(protocol, answer) };
  } finally {
    context.readBudget.release(heldBytes);
  }
}

/** The members of the answer. The caller releases `heldBytes` from the read budget once it has encoded them. */
export async function getRecords(
  context: OperationContext,
  call: Call,
  input: GetRecordsInput,
): Promise<Outcome<{ readonly answer: RecordsAnswer; readonly heldBytes: number }>> {
  const opened = openFor(context, call, input);
  if ("error" in opened) return opened;
  const { found, position } = opened.ok;
  const { shard, stream } = found;
  if (input.DryRun === true) return { error: dryRunSucceeded() };
  const fromOffset = await offsetOf(context, call, found, position);
  if (typeof fromOffset === "string") return { error: readError(fromOffset, found) };
  const read = await readShard(context, shard, {
    fromOffset,
    recordsMax: Math.min(input.Limit ?? RECORDS_MAX, RECORDS_MAX),
    bytesMax: BYTES_MAX,
    encrypted: stream.entry.encryptionKeyId !== "",
    requestId: call.requestId,
  });
  if (typeof read === "string") return { error: readError(read, found) };
  const counted = countRuns(read.runs);
  context.metrics.read(stream.entry.name, counted.records, counted.userBytes);
  context.metrics.iteratorAge(stream.entry.name, read.millisBehindLatest);
  return { ok: { answer: answerFrom(context, found, read), heldBytes: read.heldBytes } };
}

function answerFrom(context: OperationContext, found: FoundShard, read: ShardReadResult): RecordsAnswer {
  const { runs, millisBehindLatest } = read;
  const children = read.endOfShard ? childShards(context.map, found.stream, found.shard) : undefined;
  // A closed shard whose children are not in the map yet: the reader comes again and learns them then.
  if (children !== undefined) return { runs, millisBehindLatest, childShards: children };
  const nextShardIterator = sealPosition(context, found, { kind: "offset", offset: read.nextOffset });
  return { runs, millisBehindLatest, nextShardIterator };
}

function openFor(
  context: OperationContext,
  call: Call,
  input: GetRecordsInput,
): Outcome<{ readonly found: FoundShard; readonly position: IteratorPosition }> {
  const opened = openIterator(context.map.tokenKey, input.ShardIterator, context.clock.nowMs());
  if ("error" in opened) return opened;
  const { streamUid, shardUid, shardIndex, accountId, streamName, position } = opened.ok;
  const identity = { accountId, streamName, region: call.region };
  if (accountId !== call.accountId) return { error: accessDenied(call, "GetRecords", streamArn(identity)) };
  const address = { StreamName: streamName, StreamARN: input.StreamARN };
  const addressed = addressedStream(address, call, "GetRecords");
  if ("error" in addressed) return addressed;
  const found = context.map.shardOfUid(shardUid);
  // A region is a namespace: the stream of an iterator from another one does not exist in this.
  const here = [addressed.ok.region, found?.stream.entry.region].every((region) => region === call.region);
  if (found === undefined || found.stream.entry.streamUid !== streamUid || !here) {
    return { error: shardDoesNotExist(shardIndex, identity) };
  }
  // Whoever gave the iterator had seen the shard open: this gateway's map is behind, and lacks its creation second.
  if (found.shard.entry.state === "creating") return { error: readError("NOT_READY", found) };
  return { ok: { found, position } };
}

/** The offset a position stands for at this moment; the node moves one below the horizon up to it. */
export async function offsetOf(
  context: OperationContext,
  call: Call,
  found: FoundShard,
  position: IteratorPosition,
): Promise<number | ServiceErrorCode> {
  if (position.kind === "offset") return position.offset;
  if (position.kind === "trimHorizon") return 0;
  const located = await locate(context, found.shard, { timeMs: position.timestampMs }, call.requestId);
  return typeof located === "string" ? located : located.offset;
}

/** What a reader is told when the leader could not answer. */
export function readError(code: ServiceErrorCode, { stream, shard }: FoundShard): KinesisError {
  const { accountId, name } = stream.entry;
  const throttled = `Rate exceeded for Shard - ${accountId}/${name}/${shard.shardId}`;
  return answerOf(new ServiceError(code, "the shard could not be read"), throttled);
}
