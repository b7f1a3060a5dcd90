/**
 * `AppendBatch` and `AppendResultBatch` of `proto/millrace/v1/storage.proto`, which have an element for each put: the generated
 * code makes several copies of each. Decoders answer undefined for what they do not know; the generated ones know it.
 */
import { assert } from "@millrace/base";
import type { Append__Output } from "../generated/millrace/v1/Append.ts";
import type { AppendBatch__Output } from "../generated/millrace/v1/AppendBatch.ts";
import type { AppendResult__Output } from "../generated/millrace/v1/AppendResult.ts";
import type { AppendResultBatch__Output } from "../generated/millrace/v1/AppendResultBatch.ts";
import { Status, type Status__Output } from "../generated/millrace/v1/Status.ts";
import type { MessageParts } from "../http2/message-codec.ts";
import { WireReader } from "./wire-reader.ts";
import {
  copiedBytes,
  fixed32FieldBytes,
  lengthFieldBytes,
  numberFieldBytes,
  varintBytes,
  WireWriter,
} from "./wire-writer.ts";

/** Tags: field number × 8 + wire type. */
const LIST = 0x0a;
const CORRELATION = 0x08;
const SHARD_UID = 0x10;
const RECORD_COUNT = 0x18;
const USER_BYTES = 0x20;
const RECORDS_CRC = 0x2d;
const APPEND_ID = 0x32;
const RECORDS = 0x3a;
const REQUEST_ID = 0x42;
const STATUS = 0x10;
const BASE_OFFSET = 0x18;
const ACCEPTED_COUNT = 0x20;
const ARRIVAL_MS = 0x28;
const LEADER_HINT = 0x32;

const NOTHING: Buffer = Buffer.alloc(0);
/** By number: the generated names are in the order of their numbers, from 0 on. */
const statusNames: readonly Status__Output[] = Object.values(Status);
const statusNumbers = new Map(statusNames.map((name, number) => [name, number]));

/** Absent fields stand for their defaults, as everywhere in protobuf. */
type Appends = { readonly appends: readonly Partial<Append__Output>[] };
type Results = { readonly results: readonly Partial<AppendResult__Output>[] };

/** The bytes of a batch of appends. */
export function encodeAppendBatch({ appends }: Appends): MessageParts {
  const lengths = new Uint32Array(appends.length);
  let sizeBytes = 0;
  appends.forEach((append, index) => {
    const recordsBytes = append.records?.length ?? 0;
    const length =
      numberFieldBytes(CORRELATION, append.correlation ?? 0) +
      numberFieldBytes(SHARD_UID, append.shardUid ?? 0) +
      numberFieldBytes(RECORD_COUNT, append.recordCount ?? 0) +
      numberFieldBytes(USER_BYTES, append.userBytes ?? 0) +
      fixed32FieldBytes(RECORDS_CRC, append.recordsCrc ?? 0) +
      lengthFieldBytes(APPEND_ID, append.appendId?.length ?? 0) +
      lengthFieldBytes(RECORDS, recordsBytes) +
      lengthFieldBytes(REQUEST_ID, Buffer.byteLength(append.requestId ?? ""));
    lengths[index] = length;
    sizeBytes += 1 + varintBytes(length) + length - recordsBytes + copiedBytes(recordsBytes);
  });
  const writer = new WireWriter(sizeBytes);
  appends.forEach((append, index) => {
    writer.head(LIST, lengths[index] ?? 0);
    writer.number(CORRELATION, append.correlation ?? 0);
    writer.number(SHARD_UID, append.shardUid ?? 0);
    writer.number(RECORD_COUNT, append.recordCount ?? 0);
    writer.number(USER_BYTES, append.userBytes ?? 0);
    writer.fixed32(RECORDS_CRC, append.recordsCrc ?? 0);
    writer.bytes(APPEND_ID, append.appendId ?? NOTHING);
    writer.bytes(RECORDS, append.records ?? NOTHING);
    writer.text(REQUEST_ID, append.requestId ?? "");
  });
  return writer.finish();
}

/** A batch of appends, or undefined. */
export function decodeAppendBatch(bytes: Buffer): AppendBatch__Output | undefined {
  return decodeList(bytes, decodeAppend, (appends) => ({ appends }));
}

/** The bytes of a batch of results. */
export function encodeAppendResults({ results }: Results): MessageParts {
  const lengths = new Uint32Array(results.length);
  let sizeBytes = 0;
  results.forEach((result, index) => {
    const length =
      numberFieldBytes(CORRELATION, result.correlation ?? 0) +
      numberFieldBytes(STATUS, numberOf(result.status)) +
      numberFieldBytes(BASE_OFFSET, result.baseOffset ?? 0) +
      numberFieldBytes(ACCEPTED_COUNT, result.acceptedCount ?? 0) +
      numberFieldBytes(ARRIVAL_MS, result.arrivalMs ?? 0) +
      lengthFieldBytes(LEADER_HINT, Buffer.byteLength(result.leaderHint ?? ""));
    lengths[index] = length;
    sizeBytes += 1 + varintBytes(length) + length;
  });
  const writer = new WireWriter(sizeBytes);
  results.forEach((result, index) => {
    writer.head(LIST, lengths[index] ?? 0);
    writer.number(CORRELATION, result.correlation ?? 0);
    writer.number(STATUS, numberOf(result.status));
    writer.number(BASE_OFFSET, result.baseOffset ?? 0);
    writer.number(ACCEPTED_COUNT, result.acceptedCount ?? 0);
    writer.number(ARRIVAL_MS, result.arrivalMs ?? 0);
    writer.text(LEADER_HINT, result.leaderHint ?? "");
  });
  return writer.finish();
}

function numberOf(status: Status__Output | undefined): number {
  const number = status === undefined ? 0 : statusNumbers.get(status);
  assert(number !== undefined, "a status is one of the schema's");
  return number;
}

/** A batch of results, or undefined. */
export function decodeAppendResults(bytes: Buffer): AppendResultBatch__Output | undefined {
  return decodeList(bytes, decodeResult, (results) => ({ results }));
}

function decodeList<Element, Batch>(
  bytes: Buffer,
  decode: (reader: WireReader) => Element | undefined,
  batchOf: (elements: Element[]) => Batch,
): Batch | undefined {
  const reader = new WireReader(bytes, 0, bytes.length);
  const elements: Element[] = [];
  while (reader.more) {
    if (reader.varint() !== LIST) return undefined;
    const element = decode(reader.message());
    if (element === undefined) return undefined;
    elements.push(element);
  }
  return reader.failed ? undefined : batchOf(elements);
}

function decodeAppend(reader: WireReader): Append__Output | undefined {
  let correlation = 0;
  let shardUid = 0;
  let recordCount = 0;
  let userBytes = 0;
  let recordsCrc = 0;
  let appendId = NOTHING;
  let records = NOTHING;
  let requestId = "";
  while (reader.more) {
    const tag = reader.varint();
    if (tag === CORRELATION) correlation = reader.varint();
    else if (tag === SHARD_UID) shardUid = reader.varint();
    else if (tag === RECORD_COUNT) recordCount = reader.varint();
    else if (tag === USER_BYTES) userBytes = reader.varint();
    else if (tag === RECORDS_CRC) recordsCrc = reader.fixed32();
    else if (tag === APPEND_ID) appendId = reader.bytes();
    else if (tag === RECORDS) records = reader.bytes();
    else if (tag === REQUEST_ID) requestId = reader.text();
    else return undefined;
  }
  if (reader.failed) return undefined;
  return { correlation, shardUid, recordCount, userBytes, recordsCrc, appendId, records, requestId };
}

function decodeResult(reader: WireReader): AppendResult__Output | undefined {
  let correlation = 0;
  let statusNumber = 0;
  let baseOffset = 0;
  let acceptedCount = 0;
  let arrivalMs = 0;
  let leaderHint = "";
  while (reader.more) {
    const tag = reader.varint();
    if (tag === CORRELATION) correlation = reader.varint();
    else if (tag === STATUS) statusNumber = reader.varint();
    else if (tag === BASE_OFFSET) baseOffset = reader.varint();
    else if (tag === ACCEPTED_COUNT) acceptedCount = reader.varint();
    else if (tag === ARRIVAL_MS) arrivalMs = reader.varint();
    else if (tag === LEADER_HINT) leaderHint = reader.text();
    else return undefined;
  }
  const status = statusNames[statusNumber];
  if (reader.failed || status === undefined) return undefined;
  return { correlation, status, baseOffset, acceptedCount, arrivalMs, leaderHint };
}
