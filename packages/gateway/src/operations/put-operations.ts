/** PutRecord and PutRecords over HTTP: the scanner's fast way for JSON, the general decoder for everything else. */
import {
  decodeInput,
  parseBody,
  scanPutRecord,
  scanPutRecords,
  type DocumentProtocol,
  type KinesisError,
  type PutScan,
} from "@millrace/kinesis";
import { executePut, type PutRequest, type PutResult } from "../put/execute-put.ts";
import { putRecordAnswer, putRecordsAnswer } from "../put/put-answer.ts";
import { DecodedSource, ScannedSource } from "../put/put-source.ts";
import { isGone, streamNotFound } from "./find-stream.ts";
import type { Call, OperationContext, Outcome } from "./operation-context.ts";

/** Which of the two it is. */
export type PutOperation = "PutRecord" | "PutRecords";

/** What the scanner makes of a body; undefined: decode it the general way. */
export function scanPut(protocol: DocumentProtocol, operation: PutOperation, body: Buffer): PutScan | undefined {
  if (protocol !== "json") return undefined;
  return operation === "PutRecord" ? scanPutRecord(body) : scanPutRecords(body);
}

/** The body of the answer. `scan` is what {@link scanPut} found in `body`. */
export async function answerPut(
  context: OperationContext,
  call: Call,
  request: {
    readonly operation: PutOperation;
    readonly protocol: DocumentProtocol;
    readonly body: Buffer;
    readonly scan: PutScan | undefined;
  },
): Promise<Outcome<Buffer>> {
  const { operation, protocol, body, scan } = request;
  let result: PutResult = { general: true };
  if (scan !== undefined) {
    const address = { StreamName: scan.streamName, StreamARN: scan.streamArn };
    result = await executePut(context, call, { operation, address, source: new ScannedSource(body, scan) });
  }
  // A fault of the body goes before whatever the scanned records are refused for; nothing was sent for a refused put.
  if (!("outcome" in result)) {
    const decoded = decodePut(protocol, operation, body);
    if ("error" in decoded) return decoded;
    result = await executePut(context, call, decoded.ok);
  }
  if ("error" in result) return result;
  if ("general" in result) throw new TypeError("decoded records are never left undecided");
  const { stream, outcome } = result;
  if (outcome.failures.some((failure) => failure !== undefined) && isGone(context.map, stream)) {
    const { accountId, region, name: streamName } = stream.entry;
    return { error: streamNotFound({ accountId, region, streamName }) };
  }
  if (operation === "PutRecords") return { ok: putRecordsAnswer(protocol, result) };
  return putRecordAnswer(protocol, result);
}

function decodePut(
  protocol: DocumentProtocol,
  operation: PutOperation,
  body: Buffer,
): { readonly ok: PutRequest } | { readonly error: KinesisError } {
  const parsed = parseBody(protocol, body);
  if ("error" in parsed) return parsed;
  if (operation === "PutRecords") {
    const decoded = decodeInput(protocol, operation, parsed.ok);
    if ("error" in decoded) return decoded;
    const { Records: records, DryRun: dryRun } = decoded.ok;
    return { ok: { operation, address: decoded.ok, source: new DecodedSource(records), dryRun } };
  }
  const decoded = decodeInput(protocol, operation, parsed.ok);
  if ("error" in decoded) return decoded;
  const { DryRun: dryRun, SequenceNumberForOrdering: sequenceNumberForOrdering } = decoded.ok;
  const source = new DecodedSource([decoded.ok]);
  return { ok: { operation, address: decoded.ok, source, dryRun, sequenceNumberForOrdering } };
}
