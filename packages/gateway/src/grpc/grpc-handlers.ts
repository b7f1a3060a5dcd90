/**
 * The public gRPC service over the same operations as HTTP. Callers identify themselves with the metadata of a Signature
 * Version 4 request: POST to the method's path with an empty body; without credentials configured it may be left out.
 */
import { ServiceError } from "@millrace/base";
import {
  answerOf,
  decodeGrpcInput,
  DEFAULT_ACCOUNT_ID,
  encodeGrpcOutput,
  encodeGrpcShardEvent,
  GRPC_ERROR_TYPE_KEY,
  grpcStatusOf,
  internalFailure,
  isOperationName,
  kinesisError,
  recordsOf,
  type GrpcMessage,
  type KinesisError,
  type OperationName,
  type RecordsAnswer,
} from "@millrace/kinesis";
import type { PublicAnswer, PublicCallInfo, PublicFailure, PublicHandlers, PublicStream } from "@millrace/rpc";
import { authenticate, type Caller } from "../auth/authenticate.ts";
import { forwardControl } from "../operations/forward-control.ts";
import { readInvocation, type Call, type Outcome } from "../operations/operation-context.ts";
import type { RequestServices } from "../operations/serve-request.ts";
import { executePut } from "../put/execute-put.ts";
import { putRecordOutput, putRecordsOutput } from "../put/put-answer.ts";
import { DecodedSource } from "../put/put-source.ts";
import { getRecords } from "../read/get-records.ts";
import { getShardIterator } from "../read/get-shard-iterator.ts";
import type { EventSink } from "../subscribe/event-sink.ts";

const EMPTY = Buffer.alloc(0);

/** The handlers to serve. */
export function grpcHandlers(services: RequestServices): PublicHandlers {
  return {
    unary: (method, message, info) => answerUnary(services, method, message, info),
    subscribe: (message, info, stream) => {
      subscribe(services, message, info, stream).catch((error: unknown) => {
        services.context.metrics.defect(error);
        stream.end(failureOf(internalFailure(), ""));
      });
    },
  };
}

async function answerUnary(
  services: RequestServices,
  method: string,
  message: GrpcMessage,
  info: PublicCallInfo,
): Promise<PublicAnswer> {
  const { context } = services;
  const receivedMs = context.clock.monotonicMs();
  const requestId = context.random.uuid();
  let outcome: Outcome<GrpcMessage>;
  try {
    outcome = await answer(services, method, message, info, requestId);
  } catch (error) {
    // The boundary of the process for this call: counted, logged, and answered as InternalFailure.
    context.metrics.defect(error);
    context.logger.error({ error, requestId }, "a request failed because of a defect");
    outcome = { error: internalFailure() };
  }
  const code = "error" in outcome ? outcome.error.type : "OK";
  context.metrics.request(method, code, (context.clock.monotonicMs() - receivedMs) / 1000);
  return "error" in outcome ? { failure: failureOf(outcome.error, requestId) } : { message: outcome.ok };
}

async function answer(
  services: RequestServices,
  method: string,
  message: GrpcMessage,
  info: PublicCallInfo,
  requestId: string,
): Promise<Outcome<GrpcMessage>> {
  if (!isOperationName(method)) return { error: kinesisError("UnknownOperationException") };
  const call = callOf(services, info, requestId);
  if ("error" in call) return call;
  return run(services, call.ok, method, message);
}

async function run(
  services: RequestServices,
  call: Call,
  operation: OperationName,
  message: GrpcMessage,
): Promise<Outcome<GrpcMessage>> {
  const { context } = services;
  switch (operation) {
    case "PutRecord":
      return putRecord(services, call, message);
    case "PutRecords":
      return putRecords(services, call, message);
    case "GetRecords": {
      const input = decodeGrpcInput(operation, message);
      if ("error" in input) return input;
      const read = await getRecords(context, call, input.ok);
      if ("error" in read) return read;
      context.readBudget.release(read.ok.heldBytes);
      return { ok: encodeGrpcOutput(operation, recordsOutput(read.ok.answer)) };
    }
    case "GetShardIterator": {
      const input = decodeGrpcInput(operation, message);
      if ("error" in input) return input;
      const iterator = await getShardIterator(context, call, input.ok);
      return "error" in iterator ? iterator : { ok: encodeGrpcOutput(operation, { ShardIterator: iterator.ok }) };
    }
    default: {
      const input = decodeGrpcInput(operation, message);
      if ("error" in input) return input;
      const output = await forwardControl(context, call, operation, input.ok);
      return "error" in output ? output : { ok: encodeGrpcOutput<OperationName>(operation, output.ok) };
    }
  }
}

async function putRecord(services: RequestServices, call: Call, message: GrpcMessage): Promise<Outcome<GrpcMessage>> {
  const operation = "PutRecord";
  const input = decodeGrpcInput(operation, message);
  if ("error" in input) return input;
  const { DryRun: dryRun, SequenceNumberForOrdering: sequenceNumberForOrdering } = input.ok;
  const source = new DecodedSource([input.ok]);
  const request = { operation, address: input.ok, source, dryRun, sequenceNumberForOrdering } as const;
  const done = await executePut(services.context, call, request);
  if (!("outcome" in done)) return { error: "error" in done ? done.error : internalFailure() };
  const output = putRecordOutput(done);
  return "error" in output ? output : { ok: encodeGrpcOutput(operation, output.ok) };
}

async function putRecords(services: RequestServices, call: Call, message: GrpcMessage): Promise<Outcome<GrpcMessage>> {
  const operation = "PutRecords";
  const input = decodeGrpcInput(operation, message);
  if ("error" in input) return input;
  const { DryRun: dryRun, Records: records } = input.ok;
  const request = { operation, address: input.ok, source: new DecodedSource(records), dryRun } as const;
  const done = await executePut(services.context, call, request);
  if (!("outcome" in done)) return { error: "error" in done ? done.error : internalFailure() };
  return { ok: encodeGrpcOutput(operation, putRecordsOutput(done)) };
}

async function subscribe(
  services: RequestServices,
  message: GrpcMessage,
  info: PublicCallInfo,
  stream: PublicStream,
): Promise<void> {
  const { context } = services;
  const receivedMs = context.clock.monotonicMs();
  const observe = (code: string): void =>
    context.metrics.request("SubscribeToShard", code, (context.clock.monotonicMs() - receivedMs) / 1000);
  const requestId = context.random.uuid();
  const call = callOf(services, info, requestId);
  const input = "error" in call ? call : decodeGrpcInput("SubscribeToShard", message);
  if ("error" in call || "error" in input) {
    const error = "error" in input ? input.error : internalFailure();
    observe(error.type);
    return stream.end(failureOf(error, requestId));
  }
  const opened = await services.subscriptions.open(call.ok, input.ok);
  observe("error" in opened ? opened.error.type : "OK");
  if ("error" in opened) return stream.end(failureOf(opened.error, requestId));
  opened.ok(grpcEventSink(stream, requestId));
}

function grpcEventSink(stream: PublicStream, requestId: string): EventSink {
  return {
    begin: () => {},
    event: (event) =>
      stream.write(
        encodeGrpcShardEvent({
          Records: recordsOf(event.runs),
          MillisBehindLatest: event.millisBehindLatest,
          ContinuationSequenceNumber: event.continuationSequenceNumber,
          ChildShards: event.childShards,
        }),
      ),
    end: () => stream.end(),
    fail: (error) => stream.end(failureOf(error, requestId)),
    onDrain: (callback) => stream.onDrain(callback),
    onClose: (callback) => stream.onClose(callback),
  };
}

function callOf(services: RequestServices, info: PublicCallInfo, requestId: string): Outcome<Call> {
  const caller = callerOf(services, info, requestId);
  if ("error" in caller) return caller;
  if (!services.context.map.ready) return { error: answerOf(new ServiceError("NOT_READY", "no cluster map yet"), "") };
  const invocation = readInvocation(info.metadata["amz-sdk-invocation-id"], info.metadata["amz-sdk-request"]);
  return { ok: { ...caller.ok, ...invocation, requestId } };
}

function callerOf(services: RequestServices, info: PublicCallInfo, requestId: string): Outcome<Caller> {
  const { directory, defaultRegion, context } = services;
  if (directory === undefined && info.metadata["authorization"] === undefined) {
    const accountId = DEFAULT_ACCOUNT_ID;
    return { ok: { accountId, region: defaultRegion, principalArn: `arn:aws:iam::${accountId}:root` } };
  }
  const headers = { ...info.metadata, host: info.host };
  const rawHeaders = Object.entries(headers).flat();
  const receivedMs = context.clock.monotonicMs();
  const request = { requestId, method: "POST", target: info.path, rawHeaders, body: EMPTY, receivedMs };
  return authenticate(request, headers, directory, context.clock.nowMs(), defaultRegion);
}

function recordsOutput({ runs, nextShardIterator, millisBehindLatest, childShards }: RecordsAnswer): {
  readonly Records: ReturnType<typeof recordsOf>;
  readonly MillisBehindLatest: number;
  readonly NextShardIterator?: string | undefined;
  readonly ChildShards?: RecordsAnswer["childShards"];
} {
  return {
    Records: recordsOf(runs),
    MillisBehindLatest: millisBehindLatest,
    NextShardIterator: nextShardIterator,
    ...(childShards === undefined ? {} : { ChildShards: childShards }),
  };
}

function failureOf(error: KinesisError, requestId: string): PublicFailure {
  const trailers = { [GRPC_ERROR_TYPE_KEY]: error.type, "x-amzn-requestid": requestId };
  return { code: grpcStatusOf(error), details: error.message ?? error.type, trailers };
}
