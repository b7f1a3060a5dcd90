/**
 * A parsed document to the input of an operation, by table: known members only, absent for null, blobs and timestamps
 * in the product's form. Type errors have the service's texts, its articles included.
 */
import { asBuffer } from "@millrace/base";
import { base64Fault } from "./base64.ts";
import { cborTimestampMs } from "./cbor-document.ts";
import { serializationError, type KinesisError } from "./kinesis-error.ts";
import { clipQuoted } from "./quoted-value.ts";
import type { MapShape, ScalarShape, Shape, StructureShape } from "./shape.ts";

/** How a document was encoded; it decides what timestamps and blobs look like. */
export type DocumentProtocol = "json" | "cbor";

/** Thrown inside this file only, to leave nested coercions at the first type error. */
class TypeFault extends Error {}

const LIST_NOT_EXPECTED = "Start of list found where not expected";
const MAP_NOT_EXPECTED = "Start of structure or map found where not expected.";
const INT_32_MAX = 2_147_483_647;
/** Largest instant of a JavaScript date. */
const EPOCH_MS_MAX = 8.64e15;
const articleNames: Readonly<Record<ScalarShape["kind"], string>> = {
  string: "an String",
  integer: "an Integer",
  long: "an Long",
  boolean: "an Boolean",
  timestamp: "milliseconds since epoch",
  blob: "a Blob",
};

/** The members of `shape` found in `document`, or the type error. `document` is a JSON or CBOR object. */
export function coerceInput(
  protocol: DocumentProtocol,
  shape: StructureShape,
  document: object,
): { readonly input: Record<string, unknown> } | { readonly error: KinesisError } {
  try {
    return { input: coerceStructure(protocol, shape, document) };
  } catch (thrown) {
    if (thrown instanceof TypeFault) return { error: serializationError(thrown.message) };
    throw thrown;
  }
}

function coerceStructure(protocol: DocumentProtocol, shape: StructureShape, document: object): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (!Object.hasOwn(document, member.name)) continue;
    const value = (document as Record<string, unknown>)[member.name];
    if (value === null || value === undefined) continue;
    result[member.name] = coerceValue(protocol, member.shape, value);
  }
  return result;
}

function coerceValue(protocol: DocumentProtocol, shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
      if (Array.isArray(value)) throw new TypeFault(LIST_NOT_EXPECTED);
      if (!isPlainObject(value)) throw new TypeFault("Expected null");
      return coerceStructure(protocol, shape, value);
    case "list":
      if (isPlainObject(value)) throw new TypeFault(MAP_NOT_EXPECTED);
      if (!Array.isArray(value)) throw new TypeFault("Expected list or null");
      return value.map((item: unknown) =>
        item === null || item === undefined ? undefined : coerceValue(protocol, shape.item, item),
      );
    case "map":
      if (Array.isArray(value)) throw new TypeFault(LIST_NOT_EXPECTED);
      if (!isPlainObject(value)) throw new TypeFault("Expected map or null");
      return coerceMap(protocol, shape, value);
    default:
      return coerceScalar(protocol, shape.kind, value);
  }
}

function coerceMap(protocol: DocumentProtocol, shape: MapShape, value: object): Record<string, unknown> {
  // Keys are the sender's: without a prototype none of them means anything.
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    result[key] = item === null ? undefined : coerceValue(protocol, shape.value, item);
  }
  return result;
}

function coerceScalar(protocol: DocumentProtocol, kind: ScalarShape["kind"], value: unknown): unknown {
  if (kind === "timestamp" && protocol === "cbor") {
    const epochMs = cborTimestampMs(value);
    if (epochMs !== undefined) return clampEpochMs(epochMs);
  }
  if (Array.isArray(value)) throw new TypeFault(LIST_NOT_EXPECTED);
  if (isPlainObject(value)) throw new TypeFault(MAP_NOT_EXPECTED);
  switch (kind) {
    case "string":
      return typeof value === "string" ? value : refuse(value, kind);
    case "integer":
      return isNumber(value) ? clamp(Math.floor(Number(value)), INT_32_MAX) : refuse(value, kind);
    case "long":
      return isNumber(value) ? clamp(Math.floor(Number(value)), Number.MAX_SAFE_INTEGER) : refuse(value, kind);
    case "boolean":
      return typeof value === "string" ? booleanOf(value) : typeof value === "boolean" ? value : refuse(value, kind);
    case "timestamp":
      return typeof value === "number" ? clampEpochMs(value * 1000) : refuse(value, kind);
    default:
      return value instanceof Uint8Array
        ? asBuffer(value)
        : typeof value === "string"
          ? blobOf(value)
          : refuse(value, kind);
  }
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function clamp(value: number, max: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.min(max, Math.max(-max - 1, value));
}

function clampEpochMs(epochMs: number): number {
  return clamp(Math.round(epochMs), EPOCH_MS_MAX);
}

function refuse(value: unknown, kind: ScalarShape["kind"]): never {
  throw new TypeFault(`class ${className(value)} can not be converted to ${articleNames[kind]}`);
}

function className(value: unknown): string {
  if (typeof value === "boolean") return "java.lang.Boolean";
  if (typeof value === "string") return "java.lang.String";
  return value instanceof Uint8Array
    ? "java.nio.HeapByteBuffer"
    : "com.amazon.coral.value.json.numbers.TruncatingBigNumber";
}

function booleanOf(text: string): boolean {
  const upper = text.toUpperCase();
  if (upper === "TRUE" || upper === "1" || upper === "YES") return true;
  if (upper === "FALSE" || upper === "0" || upper === "NO") return false;
  throw new TypeFault(`'${clipQuoted(upper)}' can not be converted to an Boolean`);
}

function blobOf(text: string): Buffer {
  const fault = base64Fault(text);
  if (fault !== undefined) throw new TypeFault(`'${clipQuoted(text)}' can not be converted to a Blob: ${fault}`);
  return Buffer.from(text, "base64");
}
