/** A failed call, in the shape gRPC libraries give it. */
import { Metadata, status, type ServiceError as GrpcError } from "@grpc/grpc-js";
import { ServiceError } from "@millrace/base";
import { toGrpcError } from "../to-grpc-error.ts";

/** See the file comment. */
export function callFailure(code: status, details: string): GrpcError {
  return Object.assign(new Error(`${code} ${status[code]}: ${details}`), { code, details, metadata: new Metadata() });
}

/** What was thrown on the way, as a failed call. */
export function failureOf(thrown: unknown): GrpcError {
  const { code, details } = toGrpcError(ServiceError.from(thrown));
  return callFailure(code, details);
}
