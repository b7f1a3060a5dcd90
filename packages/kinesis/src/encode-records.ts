/**
 * Answers that carry records: GetRecords and the events of SubscribeToShard. The JSON is written straight from the
 * bytes of frames into one buffer: no object, no string of the record's data outlives its copy.
 */
import { assert } from "@millrace/base";
import { recordAt, RECORD_FLAG_NO_PARTITION_KEY, type RecordSpan, type ShardSequenceBase } from "@millrace/model";
import type { DocumentProtocol } from "./coerce-input.ts";
import { encodeResponse, encodeStructure } from "./encode-response.ts";
import type { ChildShard, Record as ApiRecord } from "./generated/api.ts";
import { SEQUENCE_NUMBER_DIGITS, SequenceNumberRun } from "./sequence-number-run.ts";
import { structureNamed } from "./shape.ts";

/** Consecutive records of one frame. */
export interface RecordRun {
  readonly shard: ShardSequenceBase;
  /** Encoded records, see the model's `record.ts`, e.g. `frameRecords(frame)`. */
  readonly bytes: Buffer;
  /** Where in `bytes` the first record of the run starts. */
  readonly position: number;
  readonly recordCount: number;
  /** Offset of the first record of the run. */
  readonly firstOffset: number;
  readonly arrivalMs: number;
  /** The records are encrypted at rest by the stream's key; absent, nothing is said about encryption. */
  readonly encryptionType?: "KMS";
}

/** The members of GetRecords' output; absent ones are left out. */
export interface RecordsAnswer {
  readonly runs: readonly RecordRun[];
  readonly nextShardIterator?: string;
  readonly millisBehindLatest: number;
  readonly childShards?: readonly ChildShard[];
}

/** The members of a SubscribeToShardEvent. Without a continuation the shard has ended and `childShards` are named. */
export interface ShardEventAnswer {
  readonly runs: readonly RecordRun[];
  readonly continuationSequenceNumber?: string;
  readonly millisBehindLatest: number;
  readonly childShards?: readonly ChildShard[];
}

/** Upper bound of a record's JSON beside its data and key: names, 56 digits, a time, quotes. */
const RECORD_TEXT_BYTES_MAX = 192;
/** A control character takes six bytes when escaped. */
const ESCAPED_BYTES_MAX = 6;
const QUOTE = 0x22;
const BRACE = 0x7d;
const BACKSLASH = 0x5c;
const recordsEmpty = '{"Records":[';
/** Before a record's number; without its comma before the first. */
const beforeNumber = ',{"SequenceNumber":"';
const beforeKey = Buffer.from('","PartitionKey":', "latin1");

/** The body of a GetRecords answer. */
export function encodeGetRecords(protocol: DocumentProtocol, answer: RecordsAnswer): Buffer {
  const rest = {
    ...(answer.nextShardIterator === undefined ? {} : { NextShardIterator: answer.nextShardIterator }),
    MillisBehindLatest: answer.millisBehindLatest,
    ...(answer.childShards === undefined ? {} : { ChildShards: answer.childShards }),
  };
  if (protocol === "cbor") return encodeResponse("cbor", "GetRecords", { Records: recordsOf(answer.runs), ...rest });
  return withRecords(answer.runs, encodeStructure("json", structureNamed("GetRecordsOutput"), rest));
}

/** The JSON payload of a SubscribeToShardEvent; subscriptions know no CBOR. */
export function encodeShardEvent(event: ShardEventAnswer): Buffer {
  const { continuationSequenceNumber: continuation } = event;
  const rest = {
    ...(continuation === undefined ? {} : { ContinuationSequenceNumber: continuation }),
    MillisBehindLatest: event.millisBehindLatest,
    ...(event.childShards === undefined ? {} : { ChildShards: event.childShards }),
  };
  return withRecords(event.runs, encodeStructure("json", structureNamed("SubscribeToShardEvent"), rest));
}

/** The records as the API's objects, for callers that encode them otherwise. Data are views into the runs' bytes. */
export function recordsOf(runs: readonly RecordRun[]): ApiRecord[] {
  const records: ApiRecord[] = [];
  for (const run of runs) {
    const numbers = new SequenceNumberRun(run.shard, run.firstOffset, run.arrivalMs);
    forEachSpan(run, (span) => {
      records.push({
        SequenceNumber: numbers.next(),
        ApproximateArrivalTimestamp: run.arrivalMs,
        Data: run.bytes.subarray(span.dataStart, span.end),
        ...(hasKey(span) ? { PartitionKey: run.bytes.toString("utf8", span.keyStart, span.keyEnd) } : {}),
        ...(run.encryptionType === undefined ? {} : { EncryptionType: run.encryptionType }),
      });
    });
  }
  return records;
}

/** `rest` (a JSON object with at least one member) with the records in front of its members. */
function withRecords(runs: readonly RecordRun[], rest: Buffer): Buffer {
  let sizeMax = recordsEmpty.length + rest.length + 2;
  for (const run of runs) {
    forEachSpan(run, (span) => {
      const keyBytes = (span.keyEnd - span.keyStart) * ESCAPED_BYTES_MAX;
      sizeMax += RECORD_TEXT_BYTES_MAX + keyBytes + Math.ceil((span.end - span.dataStart) / 3) * 4;
    });
  }
  const target = Buffer.allocUnsafe(sizeMax);
  let position = target.write(recordsEmpty, "latin1");
  for (const run of runs) position = writeRun(run, target, position);
  position += target.write("],", position, "latin1");
  position += rest.copy(target, position, 1);
  return target.subarray(0, position);
}

function writeRun(run: RecordRun, target: Buffer, start: number): number {
  const numbers = new SequenceNumberRun(run.shard, run.firstOffset, run.arrivalMs);
  // What precedes the data differs between the records of a run in the digits of the number alone.
  const number = "0".repeat(SEQUENCE_NUMBER_DIGITS);
  const middle = `","ApproximateArrivalTimestamp":${run.arrivalMs / 1000},"Data":"`;
  const head = Buffer.from(`${beforeNumber}${number}${middle}`, "latin1");
  const firstHead = head.subarray(1);
  const encryption = run.encryptionType === undefined ? "" : `,"EncryptionType":"${run.encryptionType}"`;
  let position = start;
  forEachSpan(run, (span) => {
    numbers.writeNext(head, beforeNumber.length);
    const before = position === recordsEmpty.length ? firstHead : head;
    target.set(before, position);
    position += before.length;
    position += target.write(run.bytes.toString("base64", span.dataStart, span.end), position, "latin1");
    if (hasKey(span)) {
      target.set(beforeKey, position);
      position += beforeKey.length;
      position = writeJsonText(run.bytes, span.keyStart, span.keyEnd, target, position);
    } else {
      target[position] = QUOTE;
      position += 1;
    }
    if (encryption !== "") position += target.write(encryption, position, "latin1");
    target[position] = BRACE;
    position += 1;
  });
  return position;
}

/** Writes the UTF-8 text at `source[start, end)` as a JSON string; the position after it. */
function writeJsonText(source: Buffer, start: number, end: number, target: Buffer, position: number): number {
  target[position] = QUOTE;
  let to = position + 1;
  for (let from = start; from < end; from += 1) {
    const byte = source[from] as number;
    if (byte === QUOTE || byte === BACKSLASH || byte < 0x20 || byte > 0x7e) {
      // Rare: escapes, or bytes that must prove to be UTF-8.
      return position + target.write(JSON.stringify(source.toString("utf8", start, end)), position, "utf8");
    }
    target[to] = byte;
    to += 1;
  }
  target[to] = QUOTE;
  return to + 1;
}

function hasKey(span: RecordSpan): boolean {
  return (span.flags & RECORD_FLAG_NO_PARTITION_KEY) === 0;
}

function forEachSpan(run: RecordRun, visit: (span: RecordSpan) => void): void {
  let { position } = run;
  for (let index = 0; index < run.recordCount; index += 1) {
    const span = recordAt(run.bytes, position);
    assert(span !== undefined, "a run's records lie within its bytes");
    visit(span);
    position = span.end;
  }
}
