/** Unary calls with a deadline, errors as ServiceError. */
import { status, type CallOptions, type Client, type ServiceError as GrpcError } from "@grpc/grpc-js";
import { ServiceError, type ServiceErrorCode } from "@millrace/base";

type UnaryMethod<Request, Reply> = (
  request: Request,
  options: CallOptions,
  callback: (error: GrpcError | null, reply?: Reply) => void,
) => unknown;

/**
 * Calls `method` (already bound to its client) with `timeoutMs`. Rejects with DEADLINE, UNAVAILABLE or INTERNAL.
 * `now` is not injected: gRPC deadlines are wall-clock dates by its own API.
 */
export function callUnary<Request, Reply>(
  method: UnaryMethod<Request, Reply>,
  request: Request,
  timeoutMs: number,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    method(request, { deadline: Date.now() + timeoutMs }, (error, reply) => {
      if (error) reject(fromGrpcError(error));
      else if (reply === undefined) reject(new ServiceError("INTERNAL", "an empty reply"));
      else resolve(reply);
    });
  });
}

/** Resolves true when `client` is connected, false when `timeoutMs` pass without a connection. */
export function awaitConnection(client: Pick<Client, "waitForReady">, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    client.waitForReady(Date.now() + timeoutMs, (error) => resolve(error === undefined));
  });
}

const NOT_READY = "NOT_READY: ";
const VERSION = "VERSION: ";

/** A gRPC failure as one of our codes. */
export function fromGrpcError(error: GrpcError): ServiceError {
  // The one code that shares a status and makes a difference to a caller: a standby has done nothing.
  if (error.code === status.UNAVAILABLE && error.details.startsWith(NOT_READY)) {
    return new ServiceError("NOT_READY", error.details.slice(NOT_READY.length), { cause: error });
  }
  if (error.code === status.FAILED_PRECONDITION && error.details.startsWith(VERSION)) {
    return new ServiceError("VERSION", error.details.slice(VERSION.length), { cause: error });
  }
  return new ServiceError(codeOf(error.code), error.details || error.message, { cause: error });
}

function codeOf(code: status): ServiceErrorCode {
  switch (code) {
    case status.DEADLINE_EXCEEDED:
      return "DEADLINE";
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return "UNAVAILABLE";
    case status.RESOURCE_EXHAUSTED:
      return "OVERLOADED";
    default:
      return "INTERNAL";
  }
}
