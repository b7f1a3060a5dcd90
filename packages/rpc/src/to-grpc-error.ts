/** A ServiceError as the gRPC status that `fromGrpcError` turns back into the same code on the other side. */
import { status } from "@grpc/grpc-js";
import type { ServiceError } from "@millrace/base";

/** What a handler gives its callback. */
export interface GrpcStatus {
  readonly code: status;
  readonly details: string;
}

/** Codes without a status of their own become INTERNAL; the details always begin with our code. */
export function toGrpcError(error: ServiceError): GrpcStatus {
  return { code: statusOf(error), details: error.message };
}

function statusOf(error: ServiceError): status {
  switch (error.code) {
    case "DEADLINE":
      return status.DEADLINE_EXCEEDED;
    case "UNAVAILABLE":
    case "NOT_READY":
      return status.UNAVAILABLE;
    case "VERSION":
      return status.FAILED_PRECONDITION;
    case "OVERLOADED":
      return status.RESOURCE_EXHAUSTED;
    default:
      return status.INTERNAL;
  }
}
