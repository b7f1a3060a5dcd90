/**
 * Shapes of the public API: the generated rows (names pointing at names) linked once into a graph that decoders,
 * validators and encoders walk.
 */
import { assert } from "@millrace/base";
import { shapeTable } from "./generated/shape-table.ts";

/** Bounds of a value: length of strings, blobs, lists and maps, value of numbers. Inclusive. */
export interface ShapeBounds {
  readonly min?: number;
  readonly max?: number;
}

/** Kinds of shape without parts. Timestamps are epoch milliseconds, blobs Buffers inside the product. */
export type ScalarKind = "string" | "integer" | "long" | "boolean" | "timestamp" | "blob";

interface ScalarConstraints extends ShapeBounds {
  /** Regular expression the whole string must match, as the service prints it. */
  readonly pattern?: string;
  /** The closed list of values of an enumeration. */
  readonly values?: readonly string[];
}

/** A row of the generated table. A member is its name, its shape's name, and 1 when it is required. */
export type ShapeRow =
  | { readonly kind: "structure"; readonly members: readonly (readonly [string, string, 1?])[] }
  | ({ readonly kind: "list"; readonly item: string } & ShapeBounds)
  | ({ readonly kind: "map"; readonly key: string; readonly value: string } & ShapeBounds)
  | ({ readonly kind: ScalarKind } & ScalarConstraints);

/** A member of a structure. */
export interface Member {
  /** As the API spells it, e.g. `StreamName`. */
  readonly name: string;
  /** As validation messages spell it, e.g. `streamName`. */
  readonly pathName: string;
  readonly required: boolean;
  readonly shape: Shape;
}

/** A structure of named members. */
export interface StructureShape {
  readonly kind: "structure";
  readonly name: string;
  readonly members: readonly Member[];
}

/** A list; bounds are of its length. */
export interface ListShape extends ShapeBounds {
  readonly kind: "list";
  readonly name: string;
  readonly item: Shape;
}

/** A map with string keys; bounds are of its size. */
export interface MapShape extends ShapeBounds {
  readonly kind: "map";
  readonly name: string;
  readonly key: ScalarShape;
  readonly value: Shape;
}

/** A value without parts. */
export interface ScalarShape extends ShapeBounds {
  readonly kind: ScalarKind;
  readonly name: string;
  readonly pattern?: string;
  /** `pattern` anchored at both ends. */
  readonly expression?: RegExp;
  readonly values?: readonly string[];
}

/** A linked shape. */
export type Shape = StructureShape | ListShape | MapShape | ScalarShape;

const linked = new Map<string, Shape>();

/** The shape of this name. A name that is not in the table is a programmer error. */
export function shapeNamed(name: string): Shape {
  const known = linked.get(name);
  if (known !== undefined) return known;
  const row = shapeTable[name];
  assert(row !== undefined, `the shape table has ${name}`);
  const shape = link(name, row);
  linked.set(name, shape);
  return shape;
}

/** The structure of this name. */
export function structureNamed(name: string): StructureShape {
  const shape = shapeNamed(name);
  assert(shape.kind === "structure", `${name} is a structure`);
  return shape;
}

function link(name: string, row: ShapeRow): Shape {
  switch (row.kind) {
    case "structure":
      return { kind: "structure", name, members: row.members.map(linkMember) };
    case "list":
      return { ...row, name, item: shapeNamed(row.item) };
    case "map": {
      const key = shapeNamed(row.key);
      assert(key.kind === "string", "map keys are strings");
      return { ...row, name, key, value: shapeNamed(row.value) };
    }
    default:
      return row.pattern === undefined
        ? { ...row, name }
        : { ...row, name, expression: new RegExp(`^(?:${row.pattern})$`, "s") };
  }
}

function linkMember([name, shapeName, required]: readonly [string, string, 1?]): Member {
  const pathName = name.charAt(0).toLowerCase() + name.slice(1);
  return { name, pathName, required: required === 1, shape: shapeNamed(shapeName) };
}
