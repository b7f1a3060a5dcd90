/**
 * Request bodies to operation inputs. In the service's order of checks the body must parse before the caller is
 * authenticated, types and constraints come after; hence two steps beside the one that does both.
 */
import { parseCborDocument } from "./cbor-document.ts";
import { coerceInput, type DocumentProtocol } from "./coerce-input.ts";
import type { OperationInputs, OperationName } from "./generated/api.ts";
import { parseJsonDocument } from "./json-document.ts";
import { serializationError, type KinesisError } from "./kinesis-error.ts";
import { operationNamed } from "./operation.ts";
import { validateInput } from "./validate-input.ts";

/** A decoded input or the error to answer. */
export type Decoded<T> = { readonly ok: T } | { readonly error: KinesisError };

/** The object that `body` holds, not yet checked against any shape. */
export function parseBody(protocol: DocumentProtocol, body: Buffer): Decoded<object> {
  const document = protocol === "json" ? parseJsonDocument(body) : parseCborDocument(body);
  const isObject =
    typeof document === "object" &&
    document !== null &&
    !Array.isArray(document) &&
    !(document instanceof Uint8Array) &&
    !("tag" in document && typeof document.tag === "number" && protocol === "cbor");
  return isObject ? { ok: document } : { error: serializationError() };
}

/** The typed, validated input of `operation` in a parsed body: first type errors, then all violated constraints. */
export function decodeInput<Name extends OperationName>(
  protocol: DocumentProtocol,
  operation: Name,
  document: object,
): Decoded<OperationInputs[Name]> {
  const { input: shape } = operationNamed(operation);
  const coerced = coerceInput(protocol, shape, document);
  if ("error" in coerced) return coerced;
  const error = validateInput(shape, coerced.input);
  return error === undefined ? { ok: coerced.input as unknown as OperationInputs[Name] } : { error };
}

/** {@link parseBody} and {@link decodeInput} in one. Members keep the API's spelling; unknown ones are dropped. */
export function decodeRequest<Name extends OperationName>(
  protocol: DocumentProtocol,
  operation: Name,
  body: Buffer,
): Decoded<OperationInputs[Name]> {
  const parsed = parseBody(protocol, body);
  return "error" in parsed ? parsed : decodeInput(protocol, operation, parsed.ok);
}
