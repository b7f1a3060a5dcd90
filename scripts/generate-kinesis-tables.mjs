#!/usr/bin/env node
// Writes the tables of the public API from its Smithy model (JSON AST):
//   node scripts/generate-kinesis-tables.mjs <model.json> [--proto]
// packages/kinesis/src/generated/*.ts always; proto/millrace/v1/kinesis.proto with --proto, where fields that already
// have a number keep it. Only names, types and constraints are taken, never documentation text. Not used at run time.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modelPath = process.argv[2];
if (modelPath === undefined) throw new Error("usage: generate-kinesis-tables.mjs <model.json> [--proto]");
const model = JSON.parse(readFileSync(modelPath, "utf8")).shapes;
const service = Object.values(model).find((shape) => shape.type === "service");
/** Delivery channels are a service of their own and answer UnknownOperation. */
const unsupported = /^(Create|Delete|Describe|List|Update)Channels?$/;
/** Required in the model, absent on the wire: the last event of a shard has no continuation. */
const optionalDespiteModel = new Set(["SubscribeToShardEvent.ContinuationSequenceNumber"]);

const short = (id) => id.slice(id.indexOf("#") + 1);
const shapeOf = (id) => model[id];
const operations = service.operations
  .map(({ target }) => ({ name: short(target), shape: shapeOf(target) }))
  .filter(({ name }) => !unsupported.test(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const reachable = new Map();
function reach(id) {
  if (id === "smithy.api#Unit" || reachable.has(short(id))) return;
  const shape = shapeOf(id);
  if (shape === undefined) throw new Error(`unknown shape ${id}`);
  reachable.set(short(id), shape);
  for (const member of membersOf(shape)) reach(member.target);
  for (const part of ["member", "key", "value"]) if (shape[part] !== undefined) reach(shape[part].target);
}
function membersOf(shape) {
  if (shape.type !== "structure" && shape.type !== "union") return [];
  return Object.entries(shape.members).map(([name, member]) => ({ name, ...member }));
}
function isRequired(owner, member) {
  if (optionalDespiteModel.has(`${owner}.${member.name}`)) return false;
  return member.traits?.["smithy.api#required"] !== undefined;
}
for (const { shape } of operations) {
  reach(shape.input.target);
  reach(shape.output.target);
}
const shapes = [...reachable].sort(([a], [b]) => (a < b ? -1 : 1));
const isError = (shape) => shape.traits?.["smithy.api#error"] !== undefined;
const outputName = ({ shape }) => (shape.output.target === "smithy.api#Unit" ? undefined : short(shape.output.target));

const banner = "// Written by scripts/generate-kinesis-tables.mjs from the service model. Do not edit.\n";
const generated = join(root, "packages/kinesis/src/generated");

// --- shapes -------------------------------------------------------------------------------------------------------
function shapeEntry(name, shape) {
  if (shape.type === "structure" || shape.type === "union") {
    const members = membersOf(shape).map((member) =>
      JSON.stringify([member.name, short(member.target), ...(isRequired(name, member) ? [1] : [])]),
    );
    return `{ kind: "structure", members: [${members.join(", ")}] }`;
  }
  const length = shape.traits?.["smithy.api#length"] ?? shape.traits?.["smithy.api#range"] ?? {};
  const bounds = Object.entries(length).map(([key, value]) => `, ${key}: ${value}`);
  if (shape.type === "list") return `{ kind: "list", item: "${short(shape.member.target)}"${bounds.join("")} }`;
  if (shape.type === "map") {
    return `{ kind: "map", key: "${short(shape.key.target)}", value: "${short(shape.value.target)}"${bounds.join("")} }`;
  }
  if (shape.type === "enum") return `{ kind: "string", values: ${JSON.stringify(enumValues(shape))} }`;
  const pattern = shape.traits?.["smithy.api#pattern"];
  const bare = pattern === undefined ? undefined : barePattern(pattern);
  return `{ kind: "${shape.type}"${bounds.join("")}${bare === undefined ? "" : `, pattern: ${JSON.stringify(bare)}`} }`;
}
/** The service prints patterns without the anchors that the model writes around them. */
function barePattern(pattern) {
  const inner = pattern.replace(/^\^/, "").replace(/\$$/, "");
  const group = /^\((0\|.*)\)$/.exec(inner);
  return group === null ? inner : group[1];
}
function enumValues(shape) {
  return Object.values(shape.members).map((member) => member.traits["smithy.api#enumValue"]);
}
const shapeLines = shapes.map(([name, shape]) => `  ${name}: ${shapeEntry(name, shape)},`);
writeFileSync(
  join(generated, "shape-table.ts"),
  `${banner}import type { ShapeRow } from "../shape.ts";\n\n/** Every shape that a supported operation reaches, by name. */\n` +
    `export const shapeTable: Readonly<Record<string, ShapeRow>> = {\n${shapeLines.join("\n")}\n};\n`,
);

// --- operations ---------------------------------------------------------------------------------------------------
const operationLines = operations.map((operation) => {
  const plane = operation.shape.traits["smithy.rules#staticContextParams"].OperationType.value;
  const errors = (operation.shape.errors ?? []).map(({ target }) => short(target));
  const output = outputName(operation);
  return `  ${operation.name}: { input: "${short(operation.shape.input.target)}", output: ${output === undefined ? "undefined" : `"${output}"`}, plane: "${plane}", errors: ${JSON.stringify(errors)} },`;
});
const errorNames = new Set(operations.flatMap(({ shape }) => (shape.errors ?? []).map(({ target }) => target)));
for (const [, shape] of shapes.filter(([, candidate]) => candidate.type === "union")) {
  for (const member of membersOf(shape)) if (isError(shapeOf(member.target))) errorNames.add(member.target);
}
const errorLines = [...errorNames]
  .sort((a, b) => (a < b ? -1 : 1))
  .map((id) => {
    return `  ${short(id)}: ${shapeOf(id).traits["smithy.api#error"] === "server" ? 500 : 400},`;
  });
writeFileSync(
  join(generated, "operation-table.ts"),
  `${banner}import type { OperationName } from "./api.ts";\nimport type { OperationRow } from "../operation.ts";\n\n` +
    `/** Supported operations, by name. */\nexport const operationTable: Readonly<Record<OperationName, OperationRow>> = {\n${operationLines.join("\n")}\n};\n\n` +
    `/** HTTP status of every modelled error. */\nexport const modelledErrorStatus: Readonly<Record<string, number>> = {\n${errorLines.join("\n")}\n};\n`,
);

// --- types --------------------------------------------------------------------------------------------------------
function typeOf(id) {
  const shape = shapeOf(id);
  switch (shape.type) {
    case "structure":
    case "union":
      return short(id);
    case "list": {
      const item = typeOf(shape.member.target);
      return `readonly ${item.includes("|") ? `(${item})` : item}[]`;
    }
    case "map":
      return `{ readonly [key: string]: ${typeOf(shape.value.target)} }`;
    case "enum":
      return short(id);
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "blob":
      return "Buffer";
    case "integer":
    case "long":
    case "timestamp":
      return "number";
    default:
      throw new Error(`no type for ${shape.type}`);
  }
}
const typeBlocks = shapes.flatMap(([name, shape]) => {
  if (shape.type === "enum") {
    return [
      `/** Values of ${name}. */\nexport type ${name} = ${enumValues(shape)
        .map((value) => JSON.stringify(value))
        .join(" | ")};\n`,
    ];
  }
  if (shape.type !== "structure" && shape.type !== "union") return [];
  const union = shape.type === "union";
  const members = membersOf(shape).map((member) => {
    const optional = union || !isRequired(name, member);
    return `  readonly ${member.name}${optional ? "?" : ""}: ${typeOf(member.target)}${optional ? " | undefined" : ""};\n`;
  });
  const body = members.length === 0 ? "{ readonly [member: string]: never }" : undefined;
  if (body !== undefined) return [`/** The API's ${name}: no members. */\nexport type ${name} = ${body};\n`];
  return [`/** The API's ${name}. */\nexport interface ${name} {\n${members.join("")}}\n`];
});
const inputLines = operations.map(({ name, shape }) => `  readonly ${name}: ${short(shape.input.target)};\n`);
const outputLines = operations.map(
  (operation) => `  readonly ${operation.name}: ${outputName(operation) ?? "undefined"};\n`,
);
writeFileSync(
  join(generated, "api.ts"),
  `${banner}// Timestamps are epoch milliseconds, blobs Buffers; members are spelt as in the API.\n\n${typeBlocks.join("\n")}\n` +
    `/** Input type of every operation. */\nexport interface OperationInputs {\n${inputLines.join("")}}\n\n` +
    `/** Output type of every operation, undefined where the answer has no body. */\nexport interface OperationOutputs {\n${outputLines.join("")}}\n\n` +
    `/** Name of a supported operation. */\nexport type OperationName = keyof OperationInputs;\n`,
);

// --- proto --------------------------------------------------------------------------------------------------------
if (process.argv.includes("--proto")) writeProto(join(root, "proto/millrace/v1/kinesis.proto"));

function snake(name) {
  return name
    .replace(/KiB/g, "Kib")
    .replace(/MiBps/g, "Mibps")
    .replace(/ARN/g, "Arn")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
function protoType(id) {
  const shape = shapeOf(id);
  const scalars = {
    string: "string",
    enum: "string",
    boolean: "bool",
    blob: "bytes",
    integer: "int32",
    long: "int64",
    timestamp: "int64",
  };
  return scalars[shape.type] ?? short(id);
}
function protoField(owner, member, number) {
  const shape = shapeOf(member.target);
  const name = snake(member.name);
  if (shape.type === "list") return `  repeated ${protoType(shape.member.target)} ${name} = ${number};\n`;
  if (shape.type === "map") return `  map<string, ${protoType(shape.value.target)}> ${name} = ${number};\n`;
  const required = isRequired(owner, member) || shape.type === "structure";
  const suffix = shape.type === "timestamp" ? " // epoch milliseconds" : "";
  return `  ${required ? "" : "optional "}${protoType(member.target)} ${name} = ${number};${suffix}\n`;
}
function numbersIn(path) {
  const numbers = new Map();
  if (!existsSync(path)) return numbers;
  for (const [, message, body] of readFileSync(path, "utf8").matchAll(/^message (\w+) \{([^}]*)\}/gm)) {
    for (const [, field, number] of body.matchAll(/(\w+) = (\d+);/g))
      numbers.set(`${message}.${field}`, Number(number));
  }
  return numbers;
}
function writeProto(path) {
  const kept = numbersIn(path);
  const messages = shapes.flatMap(([name, shape]) => {
    if (shape.type !== "structure" || isError(shape) || /^SubscribeToShardOutput$/.test(name)) return [];
    const members = membersOf(shape);
    let next = Math.max(0, ...members.map((member) => kept.get(`${name}.${snake(member.name)}`) ?? 0)) + 1;
    const fields = members.map((member) => {
      const number = kept.get(`${name}.${snake(member.name)}`) ?? next++;
      return protoField(name, member, number);
    });
    return [fields.length === 0 ? `message ${name} {}\n` : `message ${name} {\n${fields.join("")}}\n`];
  });
  const empty = operations.filter((operation) => outputName(operation) === undefined);
  const rpcs = operations.flatMap((operation) => {
    const input = short(operation.shape.input.target);
    if (operation.name === "SubscribeToShard") {
      return [
        "  // Ends after five minutes or at the end of the shard; an error ends the stream with a status.\n",
        `  rpc SubscribeToShard(${input}) returns (stream SubscribeToShardEvent);\n`,
      ];
    }
    return [`  rpc ${operation.name}(${input}) returns (${outputName(operation) ?? `${operation.name}Output`});\n`];
  });
  writeFileSync(
    path,
    `// Written by scripts/generate-kinesis-tables.mjs from the service model. Do not edit: fields keep their numbers.\n` +
      `syntax = "proto3";\npackage millrace.v1;\n\n// The public API over gRPC: what the HTTP API offers, typed, with streaming puts.\n` +
      `// Times are epoch milliseconds; enumerations are the strings of the HTTP API. An error is a status whose details\n` +
      `// name the exception in the trailer "kinesis-error-type".\nservice Kinesis {\n${rpcs.join("")}` +
      `  // Answers come in the order of the requests; an error ends the stream with a status.\n` +
      `  rpc PutRecordsStream(stream PutRecordsInput) returns (stream PutRecordsOutput);\n}\n\n` +
      `${empty.map(({ name }) => `message ${name}Output {}\n`).join("")}${messages.join("")}`,
  );
}
