/** Outcomes of a put as the bodies of PutRecord and PutRecords. JSON is joined from its parts: no object a record. */
import { ServiceError } from "@millrace/base";
import {
  answerOf,
  encodeResponse,
  recordAnswerOf,
  SequenceNumberRun,
  shardRateExceeded,
  type DocumentProtocol,
  type PutRecordOutput,
  type PutRecordsOutput,
  type PutRecordsResultEntry,
} from "@millrace/kinesis";
import { recordSequenceNumber } from "@millrace/model";
import type { StreamView } from "../cluster/stream-view.ts";
import type { Outcome } from "../operations/operation-context.ts";
import type { PutDone } from "./execute-put.ts";

/** The body of a PutRecord that stored its record, or the error of the one that did not. */
export function putRecordAnswer(protocol: DocumentProtocol, done: PutDone): Outcome<Buffer> {
  const output = putRecordOutput(done);
  return "error" in output ? output : { ok: encodeResponse(protocol, "PutRecord", output.ok) };
}

/** The same as the API's object. */
export function putRecordOutput(done: PutDone): Outcome<PutRecordOutput> {
  const { outcome, stream } = done;
  const failure = outcome.failures[0];
  const shard = outcome.shards[0];
  if (failure !== undefined || shard === undefined) {
    const error = new ServiceError(failure ?? "INTERNAL", "the record was not stored");
    return { error: answerOf(error, throttledText(shard?.shardId ?? "", stream)) };
  }
  const SequenceNumber = recordSequenceNumber(shard.sequence, outcome.offsets[0] ?? 0, outcome.arrivals[0] ?? 0);
  const output = { ShardId: shard.shardId, SequenceNumber };
  return { ok: stream.entry.encryptionKeyId === "" ? output : { ...output, EncryptionType: "KMS" } };
}

/** The body of a PutRecords: always a success, whatever became of its records. */
export function putRecordsAnswer(protocol: DocumentProtocol, done: PutDone): Buffer {
  if (protocol !== "json") return encodeResponse(protocol, "PutRecords", putRecordsOutput(done));
  const { stream } = done;
  let failed = 0;
  let text = "";
  forEachRecord(done, (shardId, number, failure) => {
    if (text !== "") text += ",";
    if (failure === undefined) {
      text += `{"SequenceNumber":"${number}","ShardId":"${shardId}"}`;
    } else {
      failed += 1;
      text += JSON.stringify(failure);
    }
  });
  const encryption = stream.entry.encryptionKeyId === "" ? "" : '"EncryptionType":"KMS",';
  return Buffer.from(`{"FailedRecordCount":${failed},${encryption}"Records":[${text}]}`, "latin1");
}

/** The same as the API's object, for the other encodings. */
export function putRecordsOutput(done: PutDone): PutRecordsOutput {
  const records: PutRecordsResultEntry[] = [];
  let failed = 0;
  forEachRecord(done, (shardId, number, failure) => {
    if (failure !== undefined) failed += 1;
    records.push(failure ?? { SequenceNumber: number, ShardId: shardId });
  });
  const output = { FailedRecordCount: failed, Records: records };
  return done.stream.entry.encryptionKeyId === "" ? output : { ...output, EncryptionType: "KMS" };
}

function forEachRecord(
  done: PutDone,
  visit: (shardId: string, number: string, failure: PutRecordsResultEntry | undefined) => void,
): void {
  const { shards, offsets, arrivals, failures } = done.outcome;
  /** Records of one append lie at consecutive offsets: a shard's numbers continue unless its run broke. */
  const runs = new Map<number, { run: SequenceNumberRun; nextOffset: number; arrivalMs: number }>();
  for (let index = 0; index < shards.length; index += 1) {
    const shard = shards[index];
    const failure = failures[index];
    if (failure !== undefined || shard === undefined) {
      const error = new ServiceError(failure ?? "INTERNAL", "the record was not stored");
      visit("", "", recordAnswerOf(error, throttledText(shard?.shardId ?? "", done.stream)));
      continue;
    }
    const offset = offsets[index] ?? 0;
    const arrivalMs = arrivals[index] ?? 0;
    let state = runs.get(shard.shardUid);
    if (state === undefined || state.nextOffset !== offset || state.arrivalMs !== arrivalMs) {
      state = { run: new SequenceNumberRun(shard.sequence, offset, arrivalMs), nextOffset: offset, arrivalMs };
      runs.set(shard.shardUid, state);
    }
    state.nextOffset += 1;
    visit(shard.shardId, state.run.next(), undefined);
  }
}

function throttledText(shardId: string, stream: StreamView): string {
  return shardRateExceeded(shardId, stream.entry.name, stream.entry.accountId);
}
