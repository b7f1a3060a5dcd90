/**
 * Between the API's inputs and outputs and the messages of `proto/millrace/v1/kinesis.proto`, both generated from the
 * same model: the translation is by the same tables, member by member. Messages are plain objects as proto-loader gives
 * and takes them: camelCase, bytes as Buffers, 64-bit numbers as numbers.
 */
import { asBuffer } from "@millrace/base";
import type { Decoded } from "./decode-request.ts";
import type { OperationInputs, OperationName, OperationOutputs } from "./generated/api.ts";
import type { KinesisError } from "./kinesis-error.ts";
import { operationNamed } from "./operation.ts";
import { structureNamed, type Member, type Shape, type StructureShape } from "./shape.ts";
import { validateInput } from "./validate-input.ts";

/** A message as a plain object. */
export type GrpcMessage = Readonly<Record<string, unknown>>;

/** Metadata key of an error's type, beside the status of {@link grpcStatusOf}. */
export const GRPC_ERROR_TYPE_KEY = "kinesis-error-type";

/** The validated input that a request message stands for. Proto knows no null list: an empty one that is optional is absent. */
export function decodeGrpcInput<Name extends OperationName>(
  operation: Name,
  message: GrpcMessage,
): Decoded<OperationInputs[Name]> {
  const { input: shape } = operationNamed(operation);
  const input = structureOf(shape, message);
  const error = validateInput(shape, input);
  return error === undefined ? { ok: input as unknown as OperationInputs[Name] } : { error };
}

/** The response message of an operation's output; no members where there is no output. */
export function encodeGrpcOutput<Name extends OperationName>(
  operation: Name,
  output: OperationOutputs[Name],
): GrpcMessage {
  const { output: shape } = operationNamed(operation);
  return shape === undefined ? {} : messageOf(shape, output as object);
}

/** The message of one event of a subscription. */
export function encodeGrpcShardEvent(event: object): GrpcMessage {
  return messageOf(structureNamed("SubscribeToShardEvent"), event);
}

/** The request message of an input, for clients. */
export function encodeGrpcInput<Name extends OperationName>(
  operation: Name,
  input: OperationInputs[Name],
): GrpcMessage {
  return messageOf(operationNamed(operation).input, input);
}

/** The output that a response message stands for, for clients. */
export function decodeGrpcOutput<Name extends OperationName>(
  operation: Name,
  message: GrpcMessage,
): OperationOutputs[Name] {
  const { output: shape } = operationNamed(operation);
  return (shape === undefined ? undefined : structureOf(shape, message)) as OperationOutputs[Name];
}

const grpcStatus: Readonly<Record<string, number>> = {
  SerializationException: 3,
  ValidationException: 3,
  InvalidArgumentException: 3,
  ExpiredIteratorException: 3,
  ExpiredNextTokenException: 3,
  ResourceNotFoundException: 5,
  AccessDeniedException: 7,
  KMSAccessDeniedException: 7,
  LimitExceededException: 8,
  ProvisionedThroughputExceededException: 8,
  ThrottlingException: 8,
  KMSThrottlingException: 8,
  ResourceInUseException: 9,
  DryRunOperationException: 9,
  UnknownOperationException: 12,
  ServiceUnavailable: 14,
  MissingAuthenticationTokenException: 16,
  IncompleteSignatureException: 16,
  InvalidSignatureException: 16,
  UnrecognizedClientException: 16,
  ExpiredTokenException: 16,
};

/** The gRPC status number of an error: by type, else FAILED_PRECONDITION (9) for a client's, INTERNAL (13) for ours. */
export function grpcStatusOf(error: KinesisError): number {
  return grpcStatus[error.type] ?? (error.status < 500 ? 9 : 13);
}

/** The field of a member, as the generator spells it and proto-loader camel-cases it. */
export function grpcFieldName(memberName: string): string {
  const name = memberName.replace("KiB", "Kib").replace("MiBps", "Mibps").replace("ARN", "Arn");
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function messageOf(shape: StructureShape, value: object): GrpcMessage {
  const message: Record<string, unknown> = {};
  for (const member of shape.members) {
    const item = (value as Record<string, unknown>)[member.name];
    if (item !== undefined) message[grpcFieldName(member.name)] = fieldOf(member.shape, item);
  }
  return message;
}

function fieldOf(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
      return messageOf(shape, value as object);
    case "list":
      return (value as readonly unknown[]).map((item) => fieldOf(shape.item, item));
    case "timestamp":
      return Math.trunc(value as number);
    default:
      return value;
  }
}

function structureOf(shape: StructureShape, message: GrpcMessage): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const member of shape.members) {
    const field = message[grpcFieldName(member.name)];
    const item = field === undefined || field === null ? absentOf(member) : valueOf(member, field);
    if (item !== undefined) value[member.name] = item;
  }
  return value;
}

function valueOf(member: Member, field: unknown): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case "structure":
      return structureOf(shape, field as GrpcMessage);
    case "list": {
      const items = field as readonly unknown[];
      if (items.length === 0 && !member.required) return undefined;
      const { item: itemShape } = shape;
      if (itemShape.kind !== "structure") return items;
      return items.map((item) => structureOf(itemShape, item as GrpcMessage));
    }
    case "map": {
      const entries = Object.entries(field as object) as [string, unknown][];
      if (entries.length === 0 && !member.required) return undefined;
      const map = Object.create(null) as Record<string, unknown>;
      for (const [key, item] of entries) map[key] = item;
      return map;
    }
    case "blob":
      return asBuffer(field as Uint8Array);
    case "integer":
    case "long":
    case "timestamp":
      return Number(field);
    default:
      return field;
  }
}

/** Required scalars have no presence in proto3: absent and zero are the same message. */
function absentOf({ required, shape }: Member): unknown {
  return required ? zeroOf(shape.kind) : undefined;
}

function zeroOf(kind: Shape["kind"]): unknown {
  switch (kind) {
    case "list":
      return [];
    case "map":
      return {};
    case "string":
      return "";
    case "blob":
      return Buffer.alloc(0);
    case "boolean":
      return false;
    case "integer":
    case "long":
    case "timestamp":
      return 0;
    default:
      return undefined;
  }
}
