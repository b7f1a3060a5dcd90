/** Operation outputs and errors to response bodies, by table. */
import { cborTimestamp, serializeCborDocument } from "./cbor-document.ts";
import type { DocumentProtocol } from "./coerce-input.ts";
import type { OperationName, OperationOutputs } from "./generated/api.ts";
import type { KinesisError } from "./kinesis-error.ts";
import { operationNamed } from "./operation.ts";
import type { Shape, StructureShape } from "./shape.ts";

const EMPTY = Buffer.alloc(0);

/** The body of a success: zero bytes where the operation has no output. Absent members are left out. */
export function encodeResponse<Name extends OperationName>(
  protocol: DocumentProtocol,
  operation: Name,
  output: OperationOutputs[Name],
): Buffer {
  const { output: shape } = operationNamed(operation);
  return shape === undefined ? EMPTY : encodeStructure(protocol, shape, output as object);
}

/** The body for a value of `shape`, in the product's form (epoch milliseconds, Buffers). */
export function encodeStructure(protocol: DocumentProtocol, shape: StructureShape, value: object): Buffer {
  return serialize(protocol, documentOf(protocol, shape, value));
}

/** The body of an error: `__type`, and the message in the spelling its kind has. */
export function encodeError(protocol: DocumentProtocol, error: KinesisError): Buffer {
  const document: Record<string, unknown> = { __type: error.type };
  if (error.message !== undefined) document[error.capitalMessage === true ? "Message" : "message"] = error.message;
  return serialize(protocol, document);
}

function serialize(protocol: DocumentProtocol, document: unknown): Buffer {
  return protocol === "json" ? Buffer.from(JSON.stringify(document)) : serializeCborDocument(document);
}

/** `value` with timestamps and blobs as the protocol writes them. */
function documentOf(protocol: DocumentProtocol, shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure": {
      const document: Record<string, unknown> = {};
      for (const member of shape.members) {
        const item = (value as Readonly<Record<string, unknown>>)[member.name];
        if (item !== undefined) document[member.name] = documentOf(protocol, member.shape, item);
      }
      return document;
    }
    case "list":
      return (value as readonly unknown[]).map((item) => documentOf(protocol, shape.item, item));
    case "map":
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]) => [key, documentOf(protocol, shape.value, item)]),
      );
    case "timestamp":
      // Whole milliseconds divided by 1000 print with at most three decimals.
      return protocol === "json" ? Math.trunc(value as number) / 1000 : cborTimestamp(value as number);
    case "blob":
      return protocol === "json" ? (value as Buffer).toString("base64") : value;
    default:
      return value;
  }
}
