/** The constraints of the API's shapes, checked over a coerced input; violations in the service's grammar. */
import { validationError, type KinesisError } from "./kinesis-error.ts";
import { renderValue } from "./quoted-value.ts";
import type { ListShape, MapShape, ScalarShape, Shape, StructureShape } from "./shape.ts";

/** The service lists at most this many violations. */
const VIOLATIONS_MAX = 10;
/** Longest value any pattern of the API admits; longer text has violated its length and is not matched. */
const PATTERN_LENGTH_MAX = 2048;

/** The ValidationException of `input`, or undefined when it satisfies every constraint of `shape`. */
export function validateInput(
  shape: StructureShape,
  input: Readonly<Record<string, unknown>>,
): KinesisError | undefined {
  const violations: string[] = [];
  checkStructure(shape, input, "", violations);
  if (violations.length === 0) return undefined;
  const count = `${violations.length} validation error${violations.length === 1 ? "" : "s"} detected: `;
  return validationError(count + violations.join("; "));
}

function checkStructure(
  shape: StructureShape,
  value: Readonly<Record<string, unknown>>,
  prefix: string,
  violations: string[],
): void {
  for (const member of shape.members) {
    const item = value[member.name];
    const path = prefix + member.pathName;
    if (item !== undefined) check(member.shape, item, path, violations);
    else if (member.required) report(violations, member.shape, undefined, path, "Member must not be null");
    if (violations.length >= VIOLATIONS_MAX) return;
  }
}

function check(shape: Shape, value: unknown, path: string, violations: string[]): void {
  switch (shape.kind) {
    case "structure":
      return checkStructure(shape, value as Record<string, unknown>, `${path}.`, violations);
    case "list":
      return checkList(shape, value as readonly unknown[], path, violations);
    case "map":
      return checkMap(shape, value as Readonly<Record<string, unknown>>, path, violations);
    default:
      for (const constraint of violatedConstraints(shape, value)) report(violations, shape, value, path, constraint);
  }
}

function checkList(shape: ListShape, items: readonly unknown[], path: string, violations: string[]): void {
  reportLength(shape, items, items.length, path, violations);
  // A list too long is not looked into: its length is what is wrong with it.
  if (shape.max !== undefined && items.length > shape.max) return;
  for (const [index, item] of items.entries()) {
    if (violations.length >= VIOLATIONS_MAX) return;
    const itemPath = `${path}.${index + 1}.member`;
    if (item === undefined) {
      report(violations, shape.item, undefined, itemPath, "Member must not be null");
    } else if (isScalar(shape.item)) {
      if (!isViolated(shape.item, item)) continue;
      // One item for the whole list, whichever of its entries is wrong.
      report(
        violations,
        shape,
        items,
        path,
        `Member must satisfy constraint: [${constraintsOf(shape.item).join(", ")}]`,
      );
      return;
    } else {
      check(shape.item, item, itemPath, violations);
    }
  }
}

function checkMap(shape: MapShape, map: Readonly<Record<string, unknown>>, path: string, violations: string[]): void {
  const keys = Object.keys(map);
  reportLength(shape, map, keys.length, path, violations);
  if (shape.max !== undefined && keys.length > shape.max) return;
  if (keys.some((key) => isViolated(shape.key, key))) {
    report(violations, shape, map, path, `Map keys must satisfy constraint: [${constraintsOf(shape.key).join(", ")}]`);
  }
  const { value: valueShape } = shape;
  if (!isScalar(valueShape)) return;
  const nullKey = keys.find((key) => map[key] === undefined);
  if (nullKey !== undefined) {
    report(violations, valueShape, undefined, `${path}.${nullKey}.member`, "Member must not be null");
  } else if (keys.some((key) => isViolated(valueShape, map[key]))) {
    report(
      violations,
      shape,
      map,
      path,
      `Map value must satisfy constraint: [${constraintsOf(valueShape).join(", ")}]`,
    );
  }
}

function reportLength(
  shape: ListShape | MapShape,
  value: unknown,
  length: number,
  path: string,
  violations: string[],
): void {
  if (shape.max !== undefined && length > shape.max) {
    report(violations, shape, value, path, `Member must have length less than or equal to ${shape.max}`);
  }
  if (shape.min !== undefined && length < shape.min) {
    report(violations, shape, value, path, `Member must have length greater than or equal to ${shape.min}`);
  }
}

function report(violations: string[], shape: Shape, value: unknown, path: string, constraint: string): void {
  if (violations.length >= VIOLATIONS_MAX) return;
  const quoted = value === undefined ? "null" : `'${renderValue(shape, value, path)}'`;
  violations.push(`Value ${quoted} at '${path}' failed to satisfy constraint: ${constraint}`);
}

function isScalar(shape: Shape): shape is ScalarShape {
  return shape.kind !== "structure" && shape.kind !== "list" && shape.kind !== "map";
}

function isViolated(shape: ScalarShape, value: unknown): boolean {
  return violatedConstraints(shape, value).length > 0;
}

const NO_CONSTRAINTS: readonly string[] = [];

function violatedConstraints(shape: ScalarShape, value: unknown): readonly string[] {
  const measure = measureOf(value);
  const long = typeof value === "string" && value.length > PATTERN_LENGTH_MAX;
  const patternFails = shape.expression !== undefined && !long && !shape.expression.test(value as string);
  const valueFails = shape.values !== undefined && !shape.values.includes(value as string);
  const aboveMax = shape.max !== undefined && measure > shape.max;
  const belowMin = shape.min !== undefined && measure < shape.min;
  if (!patternFails && !valueFails && !aboveMax && !belowMin) return NO_CONSTRAINTS;
  const violated: string[] = [];
  if (patternFails) violated.push(patternText(shape));
  if (valueFails) violated.push(valuesText(shape));
  if (aboveMax) violated.push(boundText(shape, "less", shape.max));
  if (belowMin) violated.push(boundText(shape, "greater", shape.min));
  return violated;
}

function measureOf(value: unknown): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  return typeof value === "number" ? value : 0;
}

/** Every constraint of the shape, violated or not, as list items and map entries quote them. */
function constraintsOf(shape: ScalarShape): readonly string[] {
  const constraints: string[] = [];
  if (shape.max !== undefined) constraints.push(boundText(shape, "less", shape.max));
  if (shape.min !== undefined) constraints.push(boundText(shape, "greater", shape.min));
  if (shape.pattern !== undefined) constraints.push(patternText(shape));
  if (shape.values !== undefined) constraints.push(valuesText(shape));
  return constraints;
}

function patternText(shape: ScalarShape): string {
  return `Member must satisfy regular expression pattern: ${shape.pattern}`;
}

function valuesText(shape: ScalarShape): string {
  return `Member must satisfy enum value set: [${(shape.values ?? []).join(", ")}]`;
}

function boundText(shape: ScalarShape, side: "less" | "greater", bound: number | undefined): string {
  const what = shape.kind === "string" || shape.kind === "blob" ? "length" : "value";
  return `Member must have ${what} ${side} than or equal to ${bound}`;
}
