import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import type { OperationName } from "./generated/api.ts";
import {
  decodeGrpcInput,
  decodeGrpcOutput,
  encodeGrpcInput,
  encodeGrpcOutput,
  grpcFieldName,
  grpcStatusOf,
} from "./grpc-message.ts";
import { internalFailure, kinesisError, resourceNotFound } from "./kinesis-error.ts";
import { operations } from "./operation.ts";
import type { Shape, StructureShape } from "./shape.ts";

const directory = fileURLToPath(new URL("../../../proto/millrace/v1/", import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith("millrace/v1/") ? directory + target.slice(12) : target);
// All files of the package: names must not collide.
root.loadSync(readdirSync(directory).map((name) => directory + name));
const service = root.lookupService("millrace.v1.Kinesis");

/** Over the wire and back, the way proto-loader converts. */
function overTheWire(typeName: string, message: object, defaults: boolean): Record<string, unknown> {
  const type = root.lookupType(`millrace.v1.${typeName}`);
  const bytes = type.encode(type.fromObject(message)).finish();
  return type.toObject(type.decode(bytes), { longs: Number, enums: String, defaults, bytes: Buffer });
}

function structuresOf(shape: Shape, found: Set<StructureShape> = new Set()): Set<StructureShape> {
  if (shape.kind === "list") return structuresOf(shape.item, found);
  if (shape.kind === "map") return structuresOf(shape.value, found);
  if (shape.kind !== "structure" || found.has(shape)) return found;
  found.add(shape);
  for (const member of shape.members) structuresOf(member.shape, found);
  return found;
}

describe("the service", () => {
  test.each([...operations.keys()])("%s is there, with every member of its shapes", (name) => {
    const operation = operations.get(name);
    const method = service.methods[name];
    expect(method?.requestType).toBe(operation?.input.name);
    if (operation === undefined) return;
    const event = name === "SubscribeToShard";
    const shapes = structuresOf(operation.input);
    if (operation.output !== undefined && !event) structuresOf(operation.output, shapes);
    for (const shape of shapes) {
      const fields = root.lookupType(`millrace.v1.${shape.name}`).fieldsArray.map((field) => field.name);
      expect(fields.sort()).toEqual(shape.members.map((member) => grpcFieldName(member.name)).sort());
    }
    expect(method?.responseStream ?? false).toBe(event);
  });

  test("puts stream both ways", () => {
    expect(service.methods["PutRecordsStream"]).toMatchObject({ requestStream: true, responseStream: true });
  });
});

const text = fc.stringMatching(/^[a-z]{1,9}$/);
const whole = fc.nat({ max: 4_000_000_000_000 });

/** Values that satisfy the shape's constraints closely enough for a message; empty optional parts are not among them. */
function valueFor(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case "structure":
      return fc.record(Object.fromEntries(shape.members.map((member) => [member.name, valueFor(member.shape)])), {
        requiredKeys: shape.members.filter((member) => member.required).map((member) => member.name),
      });
    case "list":
      return fc.array(valueFor(shape.item), { minLength: 1, maxLength: 3 });
    case "map":
      return fc.dictionary(text, text, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
    case "string":
      return shape.values === undefined ? text : fc.constantFrom(...shape.values);
    case "integer":
      return fc.integer({ min: shape.min ?? 0, max: shape.max ?? 1000 });
    case "long":
    case "timestamp":
      return whole;
    case "boolean":
      return fc.boolean();
    default:
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
  }
}

test("outputs come out as they went in", () => {
  for (const operation of operations.values()) {
    const { name, output } = operation;
    if (output === undefined || name === "SubscribeToShard") continue;
    fc.assert(
      fc.property(valueFor(output), fc.boolean(), (value, defaults) => {
        const message = overTheWire(output.name, encodeGrpcOutput(name, value as never), defaults);
        expect(decodeGrpcOutput(name, message)).toEqual(value);
      }),
      { numRuns: 20 },
    );
  }
});

const decode = (operation: OperationName, input: object, defaults = true): unknown => {
  const shape = operations.get(operation)?.input;
  return decodeGrpcInput(
    operation,
    overTheWire(shape?.name ?? "", encodeGrpcInput(operation, input as never), defaults),
  );
};

describe("inputs", () => {
  test("come out as they went in", () => {
    const put = {
      StreamARN: "arn:aws:kinesis:r:000000000000:stream/s",
      Records: [
        { Data: Buffer.from([0xff]), PartitionKey: "k" },
        { Data: Buffer.alloc(0), ExplicitHashKey: "5" },
      ],
    };
    expect(decode("PutRecords", put)).toEqual({ ok: put });
    expect(decode("PutRecords", put, false)).toEqual({ ok: put });
    const tags = { ResourceARN: "arn:aws:kinesis:r:000000000000:stream/s", Tags: { a: "" } };
    expect(decode("TagResource", tags)).toEqual({ ok: tags });
    const at = { ShardId: "0", ShardIteratorType: "AT_TIMESTAMP", Timestamp: 1_609_459_199_123 };
    expect(decode("GetShardIterator", at)).toEqual({ ok: at });
  });

  test("are validated like those of the HTTP API", () => {
    expect(decode("PutRecords", { Records: [] })).toMatchObject({ error: { type: "ValidationException" } });
    expect(decode("GetRecords", {})).toMatchObject({ error: { type: "ValidationException" } });
    expect(decode("ListStreams", {})).toEqual({ ok: {} });
  });
});

test("errors have a status", () => {
  expect(
    [resourceNotFound("x"), internalFailure(), kinesisError("KMSDisabledException", "x")].map(grpcStatusOf),
  ).toEqual([5, 13, 9]);
});
