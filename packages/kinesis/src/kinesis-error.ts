/**
 * Errors of the public API as values, and the one table that says with which HTTP status each is answered.
 */
import { modelledErrorStatus } from "./generated/operation-table.ts";

/** An answer other than success. Compare and pass on; it is never thrown. */
export interface KinesisError {
  /** Short exception name, the `__type` on the wire, e.g. `ResourceNotFoundException`. */
  readonly type: string;
  /** Absent: the answer carries no message member at all. */
  readonly message?: string;
  /** HTTP status. */
  readonly status: number;
  /** The message member is spelt `Message`, as type errors are. */
  readonly capitalMessage?: true;
}

/** Errors every operation can answer although its model does not list them. */
const commonErrorStatus: Readonly<Record<string, number>> = {
  ValidationException: 400,
  SerializationException: 400,
  UnknownOperationException: 400,
  MissingAuthenticationTokenException: 400,
  IncompleteSignatureException: 400,
  InvalidSignatureException: 400,
  UnrecognizedClientException: 400,
  ExpiredTokenException: 400,
  ThrottlingException: 400,
  InternalFailure: 500,
  ServiceUnavailable: 503,
};

/** HTTP status of every error type the API answers; an unknown type is a failure of ours, 500. */
export function errorStatus(type: string): number {
  return modelledErrorStatus[type] ?? commonErrorStatus[type] ?? 500;
}

/** An error of `type` with its status from the table. Without `message` the answer has no message member. */
export function kinesisError(type: string, message?: string): KinesisError {
  const status = errorStatus(type);
  return message === undefined ? { type, status } : { type, message, status };
}

/** A body or member of the wrong type. With text it is spelt `Message`; a body that does not parse has none. */
export function serializationError(message?: string): KinesisError {
  const bare = kinesisError("SerializationException", message);
  return message === undefined ? bare : { ...bare, capitalMessage: true };
}

/** Constraints the input violates. */
export function validationError(message: string): KinesisError {
  return kinesisError("ValidationException", message);
}

/** An argument that is well-formed but makes no sense. */
export function invalidArgument(message: string): KinesisError {
  return kinesisError("InvalidArgumentException", message);
}

/** A stream, shard, consumer or policy that is not there. */
export function resourceNotFound(message: string): KinesisError {
  return kinesisError("ResourceNotFoundException", message);
}

/** A resource that is not in the state the operation needs. */
export function resourceInUse(message: string): KinesisError {
  return kinesisError("ResourceInUseException", message);
}

/** An account or control-plane limit. */
export function limitExceeded(message: string): KinesisError {
  return kinesisError("LimitExceededException", message);
}

/** A failure of ours, without details: they belong into the log. */
export function internalFailure(): KinesisError {
  return kinesisError("InternalFailure");
}
