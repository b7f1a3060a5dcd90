/**
 * One request of the public API to its reply, in the service's order of checks: what HTTP decides, the body parses, the
 * operation is known, the caller is authenticated, member types, constraints, then the operation itself.
 */
import { ServiceError } from "@millrace/base";
import {
  answerOf,
  crossOriginHeaders,
  decideRequest,
  decodeInput,
  errorAnswer,
  headerOf,
  internalFailure,
  mediaTypeOf,
  parseBody,
  type DocumentProtocol,
  type HttpAnswer,
  type HttpHeaders,
  type KinesisError,
  type OperationName,
} from "@millrace/kinesis";
import { authenticate } from "../auth/authenticate.ts";
import type { CredentialDirectory } from "../auth/credential-directory.ts";
import type { HttpReply, HttpRequest, RequestHandler, StreamReply } from "../http/http-message.ts";
import { answerGetRecords } from "../read/get-records.ts";
import { answerGetShardIterator } from "../read/get-shard-iterator.ts";
import type { Subscriptions } from "../subscribe/subscriptions.ts";
import { controlAnswer, forwardControl } from "./forward-control.ts";
import { readInvocation, type Call, type OperationContext, type Outcome } from "./operation-context.ts";
import { answerPut, scanPut } from "./put-operations.ts";

/** What requests are served with. */
export interface RequestServices {
  readonly context: OperationContext;
  readonly subscriptions: Subscriptions;
  /** Undefined: signatures are not verified. */
  readonly directory: CredentialDirectory | undefined;
  readonly defaultRegion: string;
}

interface Known {
  readonly operation: OperationName;
  readonly protocol: DocumentProtocol;
  readonly headers: HttpHeaders;
}

/** The handler of the public port. */
export function requestHandler(services: RequestServices): RequestHandler {
  return (request) => serve(services, request);
}

async function serve(services: RequestServices, request: HttpRequest): Promise<HttpReply> {
  const { context } = services;
  const headers = headersByName(request.rawHeaders);
  const decision = decideRequest({ method: request.method, headers, body: request.body });
  if (decision.kind === "answer") return fromAnswer(decision.answer);
  const { operation, protocol } = decision;
  const known = { operation, protocol, headers };
  const outcome = await serveOperation(services, request, known);
  const seconds = (context.clock.monotonicMs() - request.receivedMs) / 1000;
  if ("error" in outcome) {
    const { error } = outcome;
    context.metrics.request(operation, error.type, seconds);
    if (error.status >= 500) {
      context.logger.warn({ requestId: request.requestId, operation, code: error.type }, "request failed");
    }
    return fromAnswer(errorAnswer(protocol, error, headers));
  }
  context.metrics.request(operation, "OK", seconds);
  if (!Buffer.isBuffer(outcome.ok)) return outcome.ok;
  return { status: 200, headers: successHeaders(protocol, headers), body: outcome.ok };
}

async function serveOperation(
  services: RequestServices,
  request: HttpRequest,
  known: Known,
): Promise<Outcome<Buffer | StreamReply>> {
  const { context, directory, defaultRegion } = services;
  const { operation, protocol, headers } = known;
  const isPut = operation === "PutRecord" || operation === "PutRecords";
  const scan = isPut ? scanPut(protocol, operation, request.body) : undefined;
  const parsed = scan === undefined ? parseBody(protocol, request.body) : undefined;
  if (parsed !== undefined && "error" in parsed) return parsed;
  const caller = authenticate(request, headers, directory, context.clock.nowMs(), defaultRegion);
  if ("error" in caller) return caller;
  const invocation = readInvocation(headerOf(headers, "amz-sdk-invocation-id"), headerOf(headers, "amz-sdk-request"));
  const call: Call = { ...caller.ok, ...invocation, requestId: request.requestId };
  if (!context.map.ready) return { error: notReady() };
  if (isPut) return answerPut(context, call, { operation, protocol, body: request.body, scan });
  return serveDocument(services, call, known, parsed === undefined ? {} : parsed.ok);
}

async function serveDocument(
  services: RequestServices,
  call: Call,
  known: Known,
  document: object,
): Promise<Outcome<Buffer | StreamReply>> {
  const { context, subscriptions } = services;
  const { operation, protocol } = known;
  switch (operation) {
    case "GetRecords": {
      const input = decodeInput(protocol, operation, document);
      return "error" in input ? input : answerGetRecords(context, call, protocol, input.ok);
    }
    case "GetShardIterator": {
      const input = decodeInput(protocol, operation, document);
      return "error" in input ? input : answerGetShardIterator(context, call, protocol, input.ok);
    }
    case "SubscribeToShard": {
      // Production knows no CBOR event streams either and fails so.
      if (protocol === "cbor") return { error: internalFailure() };
      const input = decodeInput(protocol, operation, document);
      return "error" in input ? input : subscriptions.answer(call, input.ok, known.headers);
    }
    default: {
      const input = decodeInput(protocol, operation, document);
      if ("error" in input) return input;
      const output = await forwardControl(context, call, operation, input.ok);
      return "error" in output ? output : { ok: controlAnswer(protocol, operation, output.ok) };
    }
  }
}

function notReady(): KinesisError {
  return answerOf(new ServiceError("NOT_READY", "no cluster map yet"), "");
}

function successHeaders(protocol: DocumentProtocol, headers: HttpHeaders): string[] {
  const list = ["Content-Type", mediaTypeOf(protocol)];
  if (headers["origin"] !== undefined) list.push(...Object.entries(crossOriginHeaders(headers)).flat());
  return list;
}

function fromAnswer(answer: HttpAnswer): HttpReply {
  return { status: answer.status, headers: Object.entries(answer.headers).flat(), body: answer.body };
}

/** Values by lower-case name; the first of several counts, as the decision says. */
function headersByName(rawHeaders: readonly string[]): HttpHeaders {
  const headers = Object.create(null) as { [name: string]: string };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    headers[name] ??= rawHeaders[index + 1] ?? "";
  }
  return headers;
}
